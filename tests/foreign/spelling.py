"""How one server spells the facts: one dataclass of habits, and records as its JSON has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.foreign import facts

if TYPE_CHECKING:
    from tests.foreign.facts import Query, Run, Schedule, Task, Template

Json = dict[str, Any]


@dataclass(frozen=True)
class Habits:
    """Each field is one thing that the published sources leave open or say twice.

    next_form: object, string, relative, linktype, page (no link, `_page.next` only), offset, none.
    time_form: iso, ms (epoch, as a string), number, bare (no zone), zoned (+02:00).
    filters: honour, ignore, refuse, decoded (run ids in that form only), greater (no `>=`).
    wire: plain, bom, gzip, chunked, http10, slow, closing.
    token: plain, ms, string, created, bare. empty: 200, 404 or 4040 (404 without a body).
    """

    name: str
    next_form: str = "object"
    odd_host: str = ""
    page_size: int = 0
    largest: int = 0
    oldest_first: bool = False
    time_form: str = "iso"
    lower: bool = False
    strings: bool = False
    sparse: bool = False
    run_links: str = "object"
    filters: str = "honour"
    strict: bool = False
    empty: int = 200
    wire: str = "plain"
    sandboxes: int = 200
    token: str = "plain"
    prefix: str = ""
    at_once: int = 0
    repeats: bool = False
    status: int = 200
    is_empty: bool = False


def time_as(habits: Habits, moment: datetime) -> str | int:
    """Spell a moment of a query, schedule or template."""
    match habits.time_form:
        case "ms":
            return str(round(moment.timestamp() * 1000))
        case "number":
            return round(moment.timestamp() * 1000)
        case "bare":
            return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
        case "zoned":
            return moment.astimezone(timezone(timedelta(hours=2))).isoformat(
                timespec="milliseconds"
            )
        case _:
            return iso(moment)


def iso(moment: datetime) -> str:
    """Spell a moment as cursors are spelt."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def schedule_json(habits: Habits, schedule: Schedule, base: str) -> Json:
    """Spell a schedule."""
    when: Json = {"schedule": schedule.cron, "startDate": iso(schedule.starts)}
    if schedule.ends:
        when["endDate"] = iso(schedule.ends)
    elif not habits.sparse:
        when["endDate"] = None
    query: Json = {"dbName": "prod:all", "name": schedule.name}
    if schedule.sql:
        query["sql"] = schedule.sql
    if schedule.template:
        query["templateID" if habits.lower else "templateId"] = schedule.template
    found: Json = {
        "id": schedule.id,
        "state": _word(habits, schedule.state),
        "query": query,
        "schedule": when,
        "created": time_as(habits, schedule.created),
    }
    if habits.sparse:
        return found
    when["maxActiveRuns"] = str(schedule.at_once) if habits.strings else schedule.at_once
    href = f"{base}/schedules/{schedule.id}"
    return found | {
        "userId": facts.OWNER,
        "updatedUserId": facts.OWNER,
        "updated": time_as(habits, schedule.updated or schedule.created),
        "version": 2,
        "_links": {
            "self": {"href": href, "method": "GET"},
            "runs": {"href": f"{href}/runs", "method": "GET"},
            "enable": {"href": href, "method": "PATCH", "body": '{ "op": "enable" }'},
            "disable": {"href": href, "method": "PATCH", "body": {"op": "disable"}},
        },
    }


def run_json(habits: Habits, run: Run, base: str, *, whole: bool) -> Json:
    """Spell a run; `whole` is how it looks alone."""
    state = run.state.lower() if whole else run.state
    found: Json = {
        "id": run.id,
        "state": _word(habits, state),
        "created": iso(run.slot) if not whole else run.slot.replace(tzinfo=None).isoformat(),
    }
    if not habits.sparse:
        manual = run.is_manual
        found["externalTrigger"] = str(manual).lower() if habits.strings else manual
        found["version"] = 1
        href = f"{base}/schedules/{run.schedule.id}/runs/{run.id}"
        found["_links"] = {"cancel": {"href": href, "body": '{ "op": "cancel" }'}}
    if whole:
        found["scheduleId"] = run.schedule.id
        if run.tasks or not habits.sparse:
            found["taskStatusList"] = [_task_json(habits, task) for task in run.tasks]
    return found


def _task_json(habits: Habits, task: Task) -> Json:
    good = task.state == "SUCCESS"
    found: Json = {
        "taskId": task.id,
        "state": _word(habits, task.state),
        "message": "Processed Successfully" if good else "Processing Failed",
        "startDate": task.started.replace(tzinfo=None).isoformat(),
    }
    if task.seconds is not None:
        end = task.started + timedelta(seconds=task.seconds)
        found["endDate"] = end.replace(tzinfo=None).isoformat() + ("" if habits.sparse else "Z")
        found["duration"] = str(task.seconds) if habits.strings else task.seconds
    return found


def query_json(habits: Habits, query: Query, base: str) -> Json:
    """Spell a query."""
    request: Json = {"dbName": "prod:all"}
    if query.sql:
        request["sql"] = query.sql
    if query.template:
        request["templateID" if habits.lower else "templateId"] = query.template
    if query.name:
        request["name"] = query.name
    found: Json = {
        "id": query.id,
        "request": request,
        "state": _word(habits, query.state),
        "created": time_as(habits, query.created),
        "updated": time_as(habits, query.updated),
    }
    if query.error:
        code, message = query.error
        found["errors"] = [{"code": code, "message": message, "errorType": "USER_ERROR"}]
    elif not habits.sparse:
        found["errors"] = []
    links: Json = {"self": {"href": f"{base}/queries/{query.id}", "method": "GET"}}
    if query.run and habits.run_links != "none":
        links |= _run_links(habits, query.run, base)
    if not habits.sparse or len(links) > 1:
        found["_links"] = links
    if not habits.sparse:
        found |= {
            "elapsedTime": str(query.elapsed_ms) if habits.strings else query.elapsed_ms,
            "rowCount": 0,
            "isCTAS": "false" if habits.strings else False,
            "isInsertInto": "true" if habits.strings else True,
            "client": "API",
            "userId": facts.OWNER,
            "version": 1,
        }
    return found


def _run_links(habits: Habits, run: Run, base: str) -> Json:
    href = f"{base}/schedules/{run.schedule.id}"
    run_id = run.decoded if habits.run_links == "decoded" else run.id
    if habits.run_links == "href":
        return {"schedule_run": {"href": f"{href}/runs/{run_id}", "method": "GET"}}
    return {
        "schedule": {"id": run.schedule.id, "href": href, "method": "GET"},
        "schedule_run": {"id": run_id, "href": f"{href}/runs/{run_id}", "method": "GET"},
    }


def template_json(habits: Habits, template: Template) -> Json:
    """Spell a template."""
    found: Json = {"id": template.id, "name": template.name, "sql": template.sql}
    if not habits.sparse:
        found |= {
            "userId": facts.OWNER,
            "queryParameters": {"key": "v"},
            "created": time_as(habits, template.created),
            "updated": time_as(habits, template.created),
        }
    return found


def _word(habits: Habits, word: str) -> str:
    return word.lower() if habits.lower else word
