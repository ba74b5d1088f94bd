"""`/schedules/{id}/runs`: list, trigger, read, cancel."""

import sqlite3

from starlette.responses import Response
from starlette.routing import Route

from qsui.emulator.adobe import Call, Service
from qsui.emulator.filters import RUN_FIELDS
from qsui.emulator.paging import Listing
from qsui.emulator.render import QUERY_PATH
from qsui.emulator.replies import JsonReply, refused
from qsui.emulator.schedule_calls import ScheduleCalls

_PATH = f"{QUERY_PATH}/schedules/{{id}}/runs"


class RunCalls:
    """Handlers for runs."""

    def __init__(self, service: Service, schedules: ScheduleCalls) -> None:
        self._service = service
        self._schedules = schedules

    def routes(self) -> list[Route]:
        """The routes of this part."""
        wrap_call = self._service.endpoint
        return [
            Route(_PATH, wrap_call(self.list), methods=["GET"]),
            Route(_PATH, wrap_call(self.trigger), methods=["POST"]),
            Route(f"{_PATH}/{{run}}", wrap_call(self.read), methods=["GET"]),
            Route(f"{_PATH}/{{run}}", wrap_call(self.patch, body=True), methods=["PATCH"]),
        ]

    def list(self, call: Call) -> Response:
        """`GET .../runs`; 404 only for an unknown schedule."""
        schedule = self._schedules.row(call.sandbox, call.path["id"])
        times = {"created": "r.created_us"}
        if self._service.quirks["Q22"] == "created":
            times["updated"] = "r.created_us"
        listing = Listing(
            key="runsSchedules",
            path=f"{QUERY_PATH}/schedules/{schedule['id']}/runs",
            source="runs r",
            columns="r.*",
            times=times,
            where="r.schedule_id = ?",
            parameters=(schedule["id"],),
            fields=RUN_FIELDS,
            default="+created",
            render=call.render.run,
            loose_next=True,
        )
        return JsonReply(self._service.pager.page(listing, call.query, call.render.base))

    def trigger(self, call: Call) -> Response:
        """`POST .../runs`: accepted; the answer names no run."""
        schedule = self._schedules.row(call.sandbox, call.path["id"])
        if schedule["state"] != "ENABLED":
            raise refused(400, f"Schedule is {schedule['state']}, a run cannot be triggered")
        self._service.world.scheduler.trigger(schedule["id"])
        return self._service.accepted("Request to trigger run of a scheduled query accepted.")

    def read(self, call: Call) -> Response:
        """`GET .../runs/{run}`."""
        return JsonReply(call.render.run_detail(self._row(call)))

    def patch(self, call: Call) -> Response:
        """`PATCH .../runs/{run}`: cancel; without effect on a run that has ended."""
        row = self._row(call)
        if not isinstance(call.body, dict) or call.body.get("op") != "cancel":
            raise refused(400, "op must be cancel")
        if not call.ignored:
            self._service.world.scheduler.cancel_run(row["schedule_id"], row["id"])
        return self._service.accepted("Request to cancel run of a scheduled query accepted")

    def _row(self, call: Call) -> sqlite3.Row:
        schedule = self._schedules.row(call.sandbox, call.path["id"])
        row = self._service.world.store.one(
            "SELECT * FROM runs WHERE schedule_id=? AND id=?", schedule["id"], call.path["run"]
        )
        if row is None:
            raise refused(404, f"Run {call.path['run']} of schedule {schedule['id']} not found")
        return row
