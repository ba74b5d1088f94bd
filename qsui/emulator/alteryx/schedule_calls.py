"""Calls on schedules: list, one, create, replace, change, delete."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from qsui.emulator.alteryx.ids import new_id
from qsui.emulator.alteryx.iteration import read_iteration, read_time, read_zone
from qsui.emulator.alteryx.login import denied
from qsui.emulator.alteryx.releases import Release
from qsui.emulator.alteryx.replies import Answer, invalid
from qsui.emulator.alteryx.service import Service, read_object
from qsui.emulator.alteryx.tables import RANKS
from qsui.emulator.alteryx.workflow_calls import is_full, read_answers
from qsui.emulator.clock import DAY, to_us
from qsui.emulator.faults import FaultName
from qsui.emulator.store import dumps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request
    from starlette.routing import Route

    from qsui.emulator.alteryx.catalogue import User
    from qsui.emulator.alteryx.iteration import Faults

WINDOW_DAYS: Final = 45
_REQUIRED: Final = (
    "workflowId", "ownerId", "iteration", "name", "comment", "priority", "workerTag", "enabled",
    "credentialId",
)  # fmt: skip
_LONGEST: Final = {"name": 256, "comment": 1024}


@dataclass(slots=True)
class _Changes:
    """What a request changes: columns, and what is wrong with it."""

    columns: dict[str, object] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)


class ScheduleCalls:
    """Handlers of `/v3/schedules`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """The routes of this part."""
        route = self._service.route
        return [
            route("v3/schedules", self.listed),
            route("v3/schedules", self.create, "POST"),
            route("v3/schedules/{id}", self.one),
            route("v3/schedules/{id}", self.replace, "PUT"),
            route("v3/schedules/{id}", self.change, "PATCH"),
            route("v3/schedules/{id}", self.delete, "DELETE"),
        ]

    async def listed(self, request: Request, user: User) -> Answer:
        """All schedules that the caller can see, in one answer."""
        service, query = self._service, request.query_params
        views = service.schedule_views
        full = is_full(request) and service.quirks["A16"] == "full"
        window = window_of(request, "runsAfter", "runsBefore")
        found = []
        for row in self.visible(user):
            if query.get("ownerId") not in (None, "", row["owner_id"]):
                continue
            if query.get("workflowId") not in (None, "", row["workflow_id"]):
                continue
            run = views.next_run(row, window[0] if window else None)
            if window and (run is None or run >= window[1]):
                continue
            found.append(
                views.whole(row, user, run_us=run) if full else views.reduced(row, run_us=run)
            )
        return Answer(found)

    def visible(self, user: User) -> Iterable[sqlite3.Row]:
        """The schedules that a user can see."""
        service = self._service
        rows = service.records.schedules()
        return (row for row in rows if service.catalogue.sees_schedule(user, row))

    async def one(self, request: Request, user: User) -> Answer:
        """One schedule."""
        return Answer(self._service.schedule_views.whole(self._row(request, user), user))

    async def create(self, request: Request, user: User) -> Answer:
        """Make a schedule; the answer is its id alone."""
        service = self._service
        if service.release < Release.CURRENT and not user.is_curator:
            raise denied()
        body = await read_object(request)
        changes = self._read(body, user, None)
        workflow = service.catalogue.workflow(str(body.get("workflowId") or ""))
        if workflow is None:
            changes.faults["workflowId"] = ["The workflowId field must name a workflow."]
        if "iteration" not in body:
            changes.faults["iteration"] = ["The iteration field is required."]
        _refuse(changes)
        if workflow is None or not self._may_schedule(user, workflow.id):
            raise denied()
        now = service.core.clock.now_us()
        chance = service.core.chance("ayx-schedule", now, workflow.id, dumps(body))
        schedule_id = new_id(service.quirks["A3"], now, chance)
        blank = {
            "name": workflow.seed.name, "comment": "", "priority": "Default", "worker_tag": "",
            "enabled": 1, "credential_id": "", "zone": "", "questions": "[]", "owner_id": user.id,
        }  # fmt: skip
        service.records.store.insert(
            "ayx_schedules",
            id=schedule_id,
            workflow_id=workflow.id,
            created_us=now,
            modified_id=user.id,
            modified_us=now,
            **(blank | changes.columns),
        )
        service.timetable.arm(schedule_id)
        return Answer(schedule_id, 201)

    def _may_schedule(self, user: User, workflow_id: str) -> bool:
        """Whether a user may put a workflow on a schedule; admins need access to it too, lately."""
        service = self._service
        workflow = service.catalogue.workflow(workflow_id)
        if workflow is None or not (user.is_curator or user.may("schedule")):
            return False
        return service.release < Release.CURRENT or service.catalogue.has_access(user, workflow)

    async def replace(self, request: Request, user: User) -> Answer:
        """Change everything at once."""
        body = await read_object(request)
        row = self._editable(request, user)
        missing = [name for name in _REQUIRED if name not in body or body[name] is None]
        if missing:
            raise invalid(
                "The request is invalid.",
                {name: [f"The {name} field is required."] for name in missing},
            )
        workflow = self._service.catalogue.workflow(str(body["workflowId"]))
        if workflow is None:
            fault = {"workflowId": ["The workflowId field must name a workflow."]}
            raise invalid("The request is invalid.", fault)
        changes = self._read({"timeZone": ""} | body, user, row)
        changes.columns["workflow_id"] = workflow.id
        return self._write(row, changes, user)

    async def change(self, request: Request, user: User) -> Answer:
        """Change what the body names."""
        body = await read_object(request)
        row = self._editable(request, user)
        changes = self._read(body, user, row)
        if "workflowId" in body:
            changes.faults["workflowId"] = ["The workflow of a schedule cannot be changed."]
        if self._service.faults.hit(FaultName.PATCH_IGNORED, request.url.path):
            _refuse(changes)
            return Answer(self._service.schedule_views.whole(row, user))
        return self._write(row, changes, user)

    async def delete(self, request: Request, user: User) -> Answer:
        """Remove a schedule; its jobs stay."""
        row = self._editable(request, user)
        self._service.records.store.delete("ayx_schedules", {"id": row["id"]})
        self._service.timetable.arm(row["id"])
        return Answer(None)

    def _row(self, request: Request, user: User) -> sqlite3.Row:
        row = self._service.records.schedule(request.path_params["id"])
        if row is None or not self._service.catalogue.sees_schedule(user, row):
            raise self._service.missing()
        return row

    def _editable(self, request: Request, user: User) -> sqlite3.Row:
        row = self._row(request, user)
        if not self._service.catalogue.edits_schedule(user, row):
            raise denied()
        return row

    def _write(self, row: sqlite3.Row, changes: _Changes, user: User) -> Answer:
        _refuse(changes)
        service = self._service
        now = service.core.clock.now_us()
        service.records.change_schedule(
            row["id"], **changes.columns, modified_id=user.id, modified_us=now
        )
        service.timetable.arm(row["id"])
        changed = service.records.schedule(row["id"])
        return Answer(None if changed is None else service.schedule_views.whole(changed, user))

    def _read(self, body: Mapping[str, Any], user: User, row: sqlite3.Row | None) -> _Changes:
        """The columns that a body sets."""
        changes = _Changes()
        columns, faults = changes.columns, changes.faults
        for name, longest in _LONGEST.items():
            if body.get(name) is not None:
                columns[name] = str(body[name])
                if len(str(body[name])) > longest:
                    faults[name] = [f"The {name} field has at most {longest} characters."]
        self._read_people(body, changes)
        self._read_placing(body, user, changes)
        if "enabled" in body:
            if isinstance(body["enabled"], bool):
                columns["enabled"] = int(body["enabled"])
            else:
                faults["enabled"] = ["The enabled field must be true or false."]
        if "questions" in body:
            columns["questions"] = dumps(read_answers(body["questions"], faults))
        kept = row["zone"] if row is not None else ""
        named = "timeZone" in body and body["timeZone"] is not None
        zone = read_zone(body["timeZone"], faults) if named else kept
        if named:
            columns["zone"] = zone
        if "iteration" in body:
            rule = read_iteration(
                body["iteration"],
                times_in="" if not named and self._service.quirks["A18"] == "utc" else zone,
                zone=zone,
                now_us=self._service.core.clock.now_us(),
                with_cron=self._service.release >= Release.CURRENT,
                faults=faults,
            )
            if rule is not None:
                columns["iteration"] = json.dumps(rule.as_json())
        return changes

    def _read_people(self, body: Mapping[str, Any], changes: _Changes) -> None:
        catalogue = self._service.catalogue
        if body.get("ownerId"):
            owner = catalogue.user(str(body["ownerId"]))
            if owner is None:
                changes.faults["ownerId"] = ["The ownerId field must name a user."]
            else:
                changes.columns["owner_id"] = owner.id
        if body.get("credentialId") is not None:
            credential = str(body["credentialId"])
            if credential and catalogue.credential(credential) is None:
                changes.faults["credentialId"] = ["The credentialId field must name a credential."]
            changes.columns["credential_id"] = credential

    @staticmethod
    def _read_placing(body: Mapping[str, Any], user: User, changes: _Changes) -> None:
        """Priority and worker: silently ignored for who may not set them."""
        priority = body.get("priority")
        if priority is not None and priority != "":
            if priority not in RANKS:
                changes.faults["priority"] = [f"The value '{priority}' is not valid."]
            elif user.may("prioritize"):
                changes.columns["priority"] = priority
        if body.get("workerTag") is not None and user.may("assign"):
            changes.columns["worker_tag"] = str(body["workerTag"])


def _refuse(changes: _Changes) -> None:
    if changes.faults:
        raise invalid("The request is invalid.", changes.faults)


def window_of(request: Request, first: str, last: str) -> tuple[int, int] | None:
    """The two dates of a request, which come together and at most 45 days apart.

    Raises:
        Refusal: 400 if they do not.
    """
    given = {name: request.query_params.get(name, "") for name in (first, last)}
    if not any(given.values()):
        return None
    faults: Faults = {}
    moments = {name: read_time(text) for name, text in given.items()}
    for name, moment in moments.items():
        if moment is None:
            faults[name] = [f"{first} and {last} are both required and must be dates."]
    after, before = moments[first], moments[last]
    if after is not None and before is not None:
        span = to_us(before) - to_us(after)
        if 0 <= span <= WINDOW_DAYS * DAY:
            return to_us(after), to_us(before)
        faults[last] = [f"{last} must be at most {WINDOW_DAYS} days after {first}."]
    raise invalid("The request is invalid.", faults)
