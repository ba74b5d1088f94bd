"""What a foreign Alteryx Server answers to reads."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.foreign import ayx_facts as facts
from tests.foreign import ayx_spelling as spell
from tests.foreign.ayx_state import AyxReplyError, cut

if TYPE_CHECKING:
    from tests.foreign.ayx_facts import Job, Person
    from tests.foreign.ayx_state import AyxState

NO_ROUTE = AyxReplyError(405)
FILTERS = {"Queued", "Initializing", "Running", "Complete"}
ROW_FILTERS = {"Queued", "Running", "Complete", "Error"}


def read(state: AyxState, who: Person, parts: list[str], query: dict[str, str]) -> Any:
    """Answer a GET below the mount; raises `AyxReplyError` for anything but 200."""
    state.settle()
    habits = state.habits
    match parts:
        case ["v3", "credentials"]:
            return []
        case ["v3", "workflows"]:
            return [_workflow(state, row, full=False) for row in _seen(state, who)]
        case ["v3", "workflows", id]:
            return _workflow(state, state.workflow(id), full=True)
        case ["v3", "workflows", id, "questions"]:
            state.workflow(id)
            return []
        case ["v3", "workflows", id, "jobs"]:
            return _of_workflow(state, state.workflow(id), query)
        case ["v3", "jobs"] if habits.release == "current":
            return _all_jobs(state, who, query)
        case ["v3", "jobs", id, "messages"]:
            return _log(state, who, id)
        case ["v3", "jobs", id]:
            return _job(state, who, id, query)
        case ["v3", "schedules"]:
            return _schedules(state, query)
        case ["v3", "schedules", id]:
            return schedule(state, state.schedule(id), full=True)
        case ["v3", "users"]:
            curator_only(state, who)
            return [_person(state, person) for person in facts.PEOPLE]
        case ["v3", "users", id]:
            curator_only(state, who)
            return _user(state, id)
        case ["admin", "v1", "workflows", "jobs"] if habits.legacy == 200:
            curator_only(state, who)
            return _last_jobs(state, query)
        case ["admin", "v1", "schedules"] if habits.legacy == 200:
            curator_only(state, who)
            return _old_schedules(state, query)
        case ["admin" | "v1" | "user", *_] if habits.legacy not in (200, 404):
            raise AyxReplyError(habits.legacy)
    raise AyxReplyError(-404)


def curator_only(state: AyxState, who: Person) -> None:
    """Refuse everybody else as this server does."""
    if who.role != "Curator":
        raise AyxReplyError(state.habits.refused)


def _seen(state: AyxState, who: Person) -> list[facts.Workflow]:
    return [row for row in state.workflows if _may_see(state, who, row.owner)]


def _may_see(state: AyxState, who: Person, owner: str) -> bool:
    return who.role == "Curator" or owner == who.key or state.habits.shows_all


def _workflow(state: AyxState, row: facts.Workflow, *, full: bool) -> Any:
    id, owner = state.workflow_id(row.key), state.person_id(row.owner)
    return spell.workflow_json(state.habits, row, id, owner, full=full)


def schedule(state: AyxState, row: facts.Schedule, *, full: bool) -> Any:
    """Spell a schedule."""
    workflow = state.workflow_id(row.workflow) if row.workflow else None
    owner = state.person_id(row.owner)
    id = state.schedule_id(row)
    return spell.schedule_json(state.habits, row, id, workflow, owner, full=full)


def _schedules(state: AyxState, query: dict[str, str]) -> Any:
    if ("runsAfter" in query) != ("runsBefore" in query):
        raise AyxReplyError(400, {"message": "runsAfter and runsBefore come together"})
    full = query.get("view", "").lower() == "full" and state.habits.schedules == "full"
    rows = state.schedules
    if wanted := query.get("workflowId"):
        rows = [row for row in rows if row.workflow and state.workflow_id(row.workflow) == wanted]
    return [schedule(state, row, full=full) for row in rows]


def _person(state: AyxState, person: Person) -> Any:
    body: spell.Json = {"id": state.person_id(person.key), "firstName": person.first}
    body |= {"email": f"{person.key}@example.invalid", "role": person.role, "isActive": True}
    spell.put(state.habits, body, "lastName", None)
    return spell.finish(state.habits, body)


def _user(state: AyxState, id: str) -> Any:
    for person in facts.PEOPLE:
        if state.person_id(person.key) == id:
            return _person(state, person)
    raise AyxReplyError(404)


def job_view(state: AyxState, job: Job, *, log: bool = True, v1: bool = False) -> Any:
    """Spell a job as its own address has it."""
    app = state.workflow_id(job.workflow)
    return spell.job_json(state.habits, job, state.job_id(job), app, log=log, v1=v1)


def _job(state: AyxState, who: Person, id: str, query: dict[str, str]) -> Any:
    job = state.job(id)
    if not _may_see(state, who, job.by):
        raise AyxReplyError(state.habits.refused)
    return job_view(state, job, log=query.get("includeMessages", "true").lower() != "false")


def _log(state: AyxState, who: Person, id: str) -> Any:
    job = state.job(id)
    curator_only(state, who)
    rows = [spell.message_json(state.habits, message) for message in job.messages]
    match state.habits.log:
        case "object":
            return rows[0] if rows else {}
        case "wrapped":
            return {"messages": rows}
        case "null":
            return rows or None
        case _:
            return rows


def _of_workflow(state: AyxState, workflow: facts.Workflow, query: dict[str, str]) -> Any:
    """The jobs of a workflow: `Error` is a filter here and no status of any row."""
    habits, rows = state.habits, state.jobs_of(workflow.key)
    if habits.filters:
        rows = _filtered(rows, query)
    if query.get("direction", "").lower() == "desc" and habits.sorts:
        rows = rows[::-1]
    page, _ = cut(habits, rows, query)
    return [spell.row_json(habits, job, state.job_id(job)) for job in page]


def _filtered(rows: list[Job], query: dict[str, str]) -> list[Job]:
    status, result = query.get("status"), query.get("resultCode")
    if status and status not in ROW_FILTERS:
        raise _bad("status", f"The value '{status}' is not valid.")
    if result and result not in {"Success", "Warning", "Error"}:
        raise _bad("resultCode", f"The value '{result}' is not valid.")
    if status == "Error":
        rows = [job for job in rows if job.outcome == "Error"]
    elif status:
        rows = [job for job in rows if job.state in (status, status + "d")]
    return [job for job in rows if not result or job.outcome == result]


def _bad(name: str, words: str) -> AyxReplyError:
    return AyxReplyError(400, {"modelState": {name: [words]}, "message": "The request is invalid."})


def _all_jobs(state: AyxState, who: Person, query: dict[str, str]) -> Any:
    curator_only(state, who)
    habits, rows = state.habits, list(state.jobs)
    if query.get("allUsers", "").lower() != "true":
        rows = [job for job in rows if job.by == who.key]
    wanted = [one for one in query.get("statuses", "").split(",") if one]
    if habits.values == "one" and len(wanted) > 1:
        raise _bad("statuses", f"The value '{query['statuses']}' is not valid.")
    if bad := set(wanted) - FILTERS:
        raise _bad("statuses", f"The values {sorted(bad)} are not valid.")
    if wanted and habits.filters and habits.values != "ignored":
        rows = [job for job in rows if _word(job) in wanted]
    elif habits.queue_only and not wanted:
        rows = [job for job in rows if job.state in ("Queued", "Running", "Initializing")]
    if (after := query.get("completedAfter")) and habits.filters:
        day = datetime.fromisoformat(after).date()
        rows = [job for job in rows if job.state == "Completed" and job.created.date() >= day]
    if not habits.is_ascending or (query.get("direction") == "desc" and habits.sorts):
        rows = rows[::-1]
    page, place = cut(habits, rows, query)
    now = state.now()
    data = [
        spell.listed_json(habits, job, state.job_id(job), state.name_of(job), now) for job in page
    ]
    return {"data": data} if habits.pager == "none" else {"pagination": place, "data": data}


def _word(job: Job) -> str:
    return "Complete" if job.state in ("Completed", "Cancelled") else job.state


def _last_jobs(state: AyxState, query: dict[str, str]) -> Any:
    """The last job of the workflows that were asked for, of all if none was, in the old words."""
    wanted = [id for id in query.get("appIds", "").split(",") if id]
    rows = [state.workflow(id) for id in wanted] or state.workflows
    last = [jobs[-1] for jobs in (state.jobs_of(row.key) for row in rows) if jobs]
    return [job_view(state, job, log=False, v1=True) for job in last]


def _old_schedules(state: AyxState, query: dict[str, str]) -> Any:
    """A page, counted from 1, of schedules as the older list tells them."""
    size, page = int(query.get("pageSize") or 20), max(int(query.get("page") or 1), 1)
    rows = state.schedules[(page - 1) * size : page * size]
    found = []
    for row in rows:
        new = schedule(state, row, full=True)
        old = {name: new.get(name) for name in ("id", "name", "enabled", "frequency", "lastError")}
        old |= {"nextRunTime": new.get("runDateTime"), "timezone": row.zone, "state": None}
        names = {one.key: one.name for one in state.workflows}
        old["application"] = {"id": new.get("workflowId"), "name": names.get(row.workflow or "")}
        old["owner"] = {"id": new["ownerId"], "firstName": "Arne", "lastName": "", "role": 5}
        found.append(old)
    return {"schedules": found, "total": len(state.schedules)}
