"""`/schedules`: list, create, read, switch on and off, change the cron, delete."""

import sqlite3
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from qsui.emulator import cron
from qsui.emulator.adobe import Call, Service
from qsui.emulator.catalogue import NewSchedule, UnknownTemplate, add_schedule
from qsui.emulator.filters import SCHEDULE_FIELDS, parse_time
from qsui.emulator.ims import CALLER
from qsui.emulator.paging import Listing
from qsui.emulator.render import QUERY_PATH
from qsui.emulator.replies import JsonReply, refused

_PATH = f"{QUERY_PATH}/schedules"
_VERBS = {"enable": "ENABLED", "disable": "DISABLED"}
_SIX_FIELDS = 6
_MAX_ACTIVE = 1000


class ScheduleCalls:
    """Handlers for schedules."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world
        self._quirks = service.quirks

    def routes(self) -> list[Route]:
        """The routes of this part."""
        wrap_call = self._service.endpoint
        return [
            Route(_PATH, wrap_call(self.list), methods=["GET"]),
            Route(_PATH, wrap_call(self.create, body=True), methods=["POST"]),
            Route(f"{_PATH}/{{id}}", wrap_call(self.read), methods=["GET"]),
            Route(f"{_PATH}/{{id}}", wrap_call(self.patch, body=True), methods=["PATCH"]),
            Route(f"{_PATH}/{{id}}", wrap_call(self.delete), methods=["DELETE"]),
        ]

    def list(self, call: Call) -> Response:
        """`GET /schedules`."""
        listing = Listing(
            key="schedules",
            path=_PATH,
            source="schedules s",
            columns="s.*",
            times={"created": "s.created_us", "updated": "s.updated_us"},
            where="s.sandbox = ? AND s.deleted = 0",
            parameters=(call.sandbox,),
            fields=SCHEDULE_FIELDS,
            default="+created",
            render=call.render.schedule,
            loose_next=True,
            epoch_cursor=True,
            version=2,
        )
        return JsonReply(self._service.pager.page(listing, call.query, call.render.base))

    def create(self, call: Call) -> Response:
        """`POST /schedules`: accepted as REGISTERING."""
        if not isinstance(call.body, dict):
            raise refused(400, "The request body must be a JSON object")
        request = self._service.check_request(call.body.get("query"))
        when = call.body.get("schedule")
        if not isinstance(when, dict):
            raise refused(400, "schedule is missing")
        start, end = _moment(when, "startDate"), _moment(when, "endDate")
        if start is None or (end is None and self._quirks["Q7"] == "required"):
            raise refused(400, f"schedule.{'startDate' if start is None else 'endDate'} is missing")
        if end is not None and end <= start:
            raise refused(400, "schedule.endDate must be after schedule.startDate")
        active = when.get("maxActiveRuns", 1)
        whole = isinstance(active, int) and not isinstance(active, bool)
        if not whole or not 1 <= active <= _MAX_ACTIVE:
            raise refused(400, f"schedule.maxActiveRuns must be from 1 to {_MAX_ACTIVE}")
        new = NewSchedule(
            sandbox=call.sandbox,
            request=request,
            cron=self._cron(when.get("schedule")),
            start_us=start,
            end_us=end,
            max_active=active,
            user=CALLER,
        )
        try:
            schedule_id = add_schedule(self._world.core, new)
        except (UnknownTemplate, ValueError) as error:
            raise refused(400, f"Malformed query: {error}") from error
        self._world.scheduler.register(schedule_id)
        row = self.row(call.sandbox, schedule_id)
        return JsonReply(call.render.schedule(row, with_times=False), status_code=202)

    def read(self, call: Call) -> Response:
        """`GET /schedules/{id}`."""
        return JsonReply(call.render.schedule(self.row(call.sandbox, call.path["id"])))

    def patch(self, call: Call) -> Response:
        """`PATCH /schedules/{id}`: state or cron, in the wrapped form."""
        row = self.row(call.sandbox, call.path["id"])
        path, value = self._operation(call.body)
        if path == "/state":
            self._switch(row, value, ignored=call.ignored)
        elif path == "/schedule/schedule" and self._quirks["Q16"] == "accept":
            rule = self._cron(value)
            if row["state"] == "REGISTERING":
                raise refused(400, "Schedule is Inactive, try again later")
            if not call.ignored:
                self._change(row["id"], cron=rule)
        else:
            raise refused(400, f"path {path!r} cannot be patched")
        return self._service.accepted("Request to patch accepted")

    def delete(self, call: Call) -> Response:
        """`DELETE /schedules/{id}`: only a disabled one without active runs."""
        row = self.row(call.sandbox, call.path["id"])
        if row["state"] != "DISABLED":
            raise refused(400, "Schedule must be disabled before it can be deleted")
        if self._world.scheduler.active_runs(row["id"]):
            raise refused(400, "Schedule cannot be deleted while active runs exist")
        self._world.scheduler.disarm(row["id"])
        self._world.store.update("schedules", {"id": row["id"]}, deleted=1)
        return self._service.accepted("Schedule deleted successfully", int(self._quirks["Q18"]))

    def row(self, sandbox: str, schedule_id: str) -> sqlite3.Row:
        """The schedule, or a 404."""
        row = self._world.store.one(
            "SELECT * FROM schedules WHERE sandbox=? AND id=? AND deleted=0", sandbox, schedule_id
        )
        if row is None:
            raise refused(404, f"Schedule {schedule_id} not found")
        return row

    def _operation(self, body: object) -> tuple[str, object]:
        """Path and value of the one change that a body asks for."""
        operations = body.get("body") if isinstance(body, dict) else None
        if operations is None and self._quirks["Q15"] == "any":
            operations = body if isinstance(body, list) else [body]
        if (
            not isinstance(operations, list)
            or len(operations) != 1
            or not isinstance(operations[0], dict)
        ):
            raise refused(
                400,
                'Malformed patch, expected {"body": [{"op": "replace", "path": .., "value": ..}]}',
            )
        operation = operations[0]
        if operation.get("op") in _VERBS and self._quirks["Q15"] == "any":
            return "/state", operation["op"]
        if operation.get("op") != "replace":
            raise refused(400, "Malformed patch: op must be replace")
        return str(operation.get("path")), operation.get("value")

    def _switch(self, row: sqlite3.Row, verb: object, *, ignored: bool) -> None:
        state = _VERBS.get(verb) if isinstance(verb, str) else None
        if state is None:
            raise refused(400, f"value must be enable or disable, not {verb!r}")
        if row["state"] == "REGISTERING":
            raise refused(400, "Schedule is Inactive, try again later")
        if row["state"] == state:
            raise refused(400, f"Schedule is already {state}")
        if ignored:
            return
        if state == "DISABLED":
            self._world.scheduler.disarm(row["id"])
        self._change(row["id"], state=state)

    def _change(self, schedule_id: str, **values: object) -> None:
        now = self._world.core.now_ms_us()
        self._world.store.update(
            "schedules", {"id": schedule_id}, updated_us=now, updated_user=CALLER, **values
        )
        self._world.scheduler.arm(schedule_id)

    def _cron(self, expression: object) -> str:
        if not isinstance(expression, str) or not expression.strip():
            raise refused(400, "schedule.schedule must be a cron expression")
        if self._quirks["Q26"] == "six" and len(expression.split()) == _SIX_FIELDS:
            return expression
        try:
            cron.parse(expression)
        except ValueError as error:
            raise refused(400, f"schedule.schedule: {error}") from error
        return expression


def _moment(when: dict[str, Any], name: str) -> int | None:
    value = when.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise refused(400, f"schedule.{name} must be an ISO-8601 timestamp")
    return parse_time(value, f"schedule.{name}")
