"""What a foreign Alteryx Server does with writes, and what it says then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.foreign.ayx_reads import job_view, schedule
from tests.foreign.ayx_state import AyxReplyError

if TYPE_CHECKING:
    from tests.foreign.ayx_facts import Person, Schedule
    from tests.foreign.ayx_spelling import Json
    from tests.foreign.ayx_state import AyxState

RUN_FIELDS = {"workerTag", "credentialId", "questions", "priority"}
PATCH_FIELDS = {
    "ownerId",
    "iteration",
    "name",
    "comment",
    "priority",
    "workerTag",
    "enabled",
    "credentialId",
    "timeZone",
    "questions",
}
CONTRACTS = {
    "Once": "",
    "Hourly": "hourlyContract",
    "Daily": "dailyContract",
    "Weekly": "weeklyContract",
    "Monthly": "monthlyContract",
    "Custom": "customContract",
    "Cron": "cronContract",
}


def write(state: AyxState, who: Person, method: str, parts: list[str], body: Any) -> Any:
    """Do a write; what its answer says. Raises `AyxReplyError` for anything but 200."""
    state.settle()
    habits = state.habits
    match method, parts:
        case "POST", ["v3", "workflows", id, "jobs"]:
            return _run(state, who, id, body)
        case "DELETE", ["v3", "jobs", id] if habits.release != "2024.2":
            job = state.job(id)
            if who.role != "Curator" and job.by != who.key:
                words = "You do not have permission to cancel this job."
                raise AyxReplyError(400, {"message": words})
            said = state.cancel(job)
            return _said(habits.words, said)
        case "PATCH", ["v3", "schedules", id]:
            row = state.schedule(id)
            _owned(state, who, row)
            _merge(state, row, body)
            return schedule(state, row, full=habits.schedules == "full")
        case "DELETE", ["v3", "schedules", id]:
            row = state.schedule(id)
            _owned(state, who, row)
            state.schedules.remove(row)
            return ""
    raise AyxReplyError(-404)


def _said(form: str, words: str) -> Any:
    """The answer to a cancel: the published 200 has no schema."""
    return {"json": {"message": words}, "text": words, "blank": ""}[form]


def _run(state: AyxState, who: Person, id: str, body: Any) -> Any:
    workflow = state.workflow(id)
    if who.role != "Curator" and workflow.owner != who.key:
        raise AyxReplyError(403)
    if not isinstance(body, dict) or set(body) - RUN_FIELDS:
        raise AyxReplyError(400, {"message": "The request is invalid."})
    if workflow.kind == "Macro":
        raise AyxReplyError(400, {"message": "A macro cannot be run."})
    return job_view(state, state.start(workflow, who.key, body))


def _owned(state: AyxState, who: Person, row: Schedule) -> None:
    if who.role != "Curator" and row.owner != who.key:
        raise AyxReplyError(state.habits.refused)


def _merge(state: AyxState, row: Schedule, body: Any) -> None:
    """Take over the fields of a PATCH, after all of them were looked at."""
    if not isinstance(body, dict) or not body or (unknown := set(body) - PATCH_FIELDS):
        names = {} if not isinstance(body, dict) else {name: ["unknown"] for name in unknown}
        raise AyxReplyError(400, {"message": "The request is invalid.", "modelState": names})
    if "enabled" in body and not isinstance(body["enabled"], bool):
        raise AyxReplyError(400, {"message": "enabled is no boolean"})
    zone = str(body.get("timeZone", row.zone))
    if "iteration" in body:
        row.starts = _begins(state, zone, body["iteration"])
        row.next_run = row.starts
        row.iteration = body["iteration"]
        row.frequency = str(body["iteration"]["iterationType"])
    row.zone = zone
    if "enabled" in body:
        row.enabled = body["enabled"]
        if row.enabled and row.next_run is None:
            row.next_run = state.now() + timedelta(hours=1)


def _begins(state: AyxState, zone: str, iteration: Json) -> datetime:
    """When a cadence starts; raises `AyxReplyError` if it breaks a published rule."""

    def refuse(words: str) -> AyxReplyError:
        return AyxReplyError(
            400, {"message": "The request is invalid.", "modelState": {"iteration": [words]}}
        )

    kind = iteration.get("iterationType")
    if kind not in CONTRACTS or (kind == "Cron" and state.habits.release != "current"):
        raise refuse(f"iterationType {kind}")
    given = {name for name in iteration if name.endswith("Contract") and iteration[name]}
    wanted = CONTRACTS[kind]
    if given - {wanted} or (wanted and wanted not in iteration):
        raise refuse("exactly one contract, of the type")
    try:
        starts = datetime.fromisoformat(str(iteration["startTime"]))
    except (KeyError, ValueError) as error:
        raise refuse("startTime") from error
    if starts.tzinfo is None:
        starts = starts.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
    elif zone and starts.tzinfo is UTC:
        starts = starts.replace(tzinfo=ZoneInfo(zone))
    if starts <= state.now():
        raise refuse("startTime must be in the future")
    return starts.astimezone(UTC)
