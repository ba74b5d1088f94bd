"""How one Alteryx Server spells its records: a dataclass of habits, and JSON made by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.foreign.ayx_facts import APP, Schedule, Workflow, digest

if TYPE_CHECKING:
    from tests.foreign.ayx_facts import Job, Message

Json = dict[str, Any]
PRIORITIES = ("Low", "Medium", "High", "Critical")
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class AyxHabits:
    """Each field is one thing that the published sources leave open or say twice.

    release: 2024.2, 2025.1 or current. ids: objectid, ulid or guid.
    times: seven (7 digits, Z), whole (no fraction), three, naive (no zone), zoned (+02:00),
    varied (the number of digits differs from time to time).
    nothing: null, missing, blank or zero (`""`, and the year 1 for times).
    log: object, array, wrapped, null or blank, at the messages' own address.
    lean: what `includeMessages=false` leaves: all, few.
    page: 0 honours `limit`, else the most rows of a page; pager: whole, none.
    values: how several values of a filter are read: comma, one (400 for more), ignored.
    missing, no_route: the body of a 404: json, html, xml, blank; a `no_route` of 405 is the status.
    wire: plain, http10, chunked, gzip, bom, lower, slow. legacy: the status of older siblings.
    schedules: full, reduced (`view=Full` does nothing). life: of a token, in seconds.
    late_s: so long a new job is not found. stops_s: so long a cancelled job goes on.
    shows_all: everybody sees every workflow and job.
    """

    name: str
    release: str = "current"
    mount: str = "/webapi"
    ids: str = "objectid"
    times: str = "three"
    nothing: str = "null"
    v1_names: bool = False
    app_id: str = "present"
    numbers: str = "number"
    priorities: str = "words"
    lower: bool = False
    done: str = "Completed"
    cancelled: str = "Cancelled"
    extras: bool = False
    log: str = "array"
    lean: str = "all"
    lasts: str = "clock"
    page: int = 0
    pager: str = "whole"
    is_ascending: bool = False
    sorts: bool = True
    values: str = "comma"
    filters: bool = True
    queue_only: bool = False
    refused: int = 401
    missing: str = "json"
    no_route: str = "json"
    wire: str = "plain"
    legacy: int = 200
    schedules: str = "full"
    token: str = "plain"
    life: int = 3600
    wrong_key: int = 400
    late_s: int = 0
    stops_s: int = 0
    words: str = "json"
    fillers: int = 0
    shows_all: bool = False


def id_of(habits: AyxHabits, key: str, created: datetime) -> str:
    """Spell the id of a record: its first part tells when it was made, where ids do that."""
    digits = digest(key)
    match habits.ids:
        case "ulid":
            number = (round(created.timestamp() * 1000) << 80) | int(digits[:20], 16)
            return "".join(CROCKFORD[(number >> 5 * at) & 31] for at in reversed(range(26)))
        case "guid":
            return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
        case _:
            return f"{int(created.timestamp()):08x}{digits[:16]}"


def time_as(habits: AyxHabits, moment: datetime | None) -> str | None:
    """Spell a moment; `None` has its own forms in `put`."""
    if moment is None:
        return None
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    match habits.times:
        case "seven":
            return f"{plain.isoformat(timespec='microseconds')}7Z"
        case "whole":
            return plain.isoformat(timespec="seconds") + "Z"
        case "naive":
            return plain.isoformat(timespec="microseconds") + "3"
        case "zoned":
            zone = timezone(timedelta(hours=2))
            return moment.astimezone(zone).isoformat(timespec="milliseconds")
        case "varied":
            digits = f"{plain.microsecond:06d}".rstrip("0")
            return plain.isoformat(timespec="seconds") + (f".{digits}" if digits else "") + "Z"
        case _:
            return plain.isoformat(timespec="milliseconds") + "Z"


def put(habits: AyxHabits, body: Json, name: str, value: Any, *, is_time: bool = False) -> None:
    """Set a field; nothing is spelt as this server does."""
    if value not in (None, ""):
        body[name] = value
    elif habits.nothing == "null":
        body[name] = None
    elif habits.nothing == "blank":
        body[name] = ""
    elif habits.nothing == "zero":
        body[name] = "0001-01-01T00:00:00" if is_time else ""


def word(habits: AyxHabits, text: str) -> str:
    """Spell a word of an enumeration."""
    return text.lower() if habits.lower else text


def number(habits: AyxHabits, value: int) -> int | str:
    """Spell a number."""
    return str(value) if habits.numbers == "string" else value


def finish(habits: AyxHabits, body: Json) -> Json:
    """Turn the order of fields round and add what nobody asked for, where that is the habit."""
    if not habits.extras:
        return body
    body = {"$id": "1", **dict(reversed(body.items())), "links": [{"rel": "self"}], "etag": None}
    return body | {"Status2": {"deep": [1, {"id": None}]}}


def message_json(habits: AyxHabits, message: Message) -> Json:
    """Spell a message."""
    body = {
        "text": message.text,
        "toolId": number(habits, message.tool),
        "status": number(habits, message.status),
    }
    return finish(habits, body)


def _status(habits: AyxHabits, job: Job) -> str:
    words = {"Completed": habits.done, "Cancelled": habits.cancelled}
    return word(habits, words.get(job.state, job.state))


def _priority(habits: AyxHabits, job: Job) -> int | str:
    return job.priority if habits.priorities == "numbers" else PRIORITIES[job.priority]


def job_json(
    habits: AyxHabits, job: Job, id: str, app: str, *, log: bool, v1: bool = False
) -> Json:
    """Spell a job as its own address has it."""
    old = v1 or habits.v1_names
    body: Json = {"id": id}
    if habits.app_id != "missing":
        body["appId"] = None if habits.app_id == "null" else app
    body["createDate" if old else "createDateTime"] = time_as(habits, job.created)
    body["status"] = _status(habits, job)
    body["disposition"] = word(habits, job.outcome)
    if job.state == "Cancelled":
        put(habits, body, "disposition", None)
    if not log and habits.lean == "few":
        return finish(habits, body)
    names = ("name", "formats") if old else ("fileName", "availableFormats")
    body["outputs"] = [
        {"id": digest(name)[:24], names[0]: name, names[1]: ["Raw", "Xlsx"]} for name in job.outputs
    ]
    if log:
        body["messages"] = [message_json(habits, message) for message in job.messages]
    if not job.messages or not log:
        put(habits, body, "messages", None)
        if body.get("messages") == "":
            body["messages"] = []
    body["priority"] = _priority(habits, job)
    put(habits, body, "workerTag", job.tag)
    body["runWithE2"] = "True" if habits.numbers == "string" else True
    return finish(habits, body)


def row_json(habits: AyxHabits, job: Job, id: str) -> Json:
    """Spell a job as the list of its workflow has it."""
    body: Json = {
        "id": id,
        "createDate": time_as(habits, job.created),
        "status": _status(habits, job),
        "priority": str(_priority(habits, job)),
        "runWithE2": False,
    }
    put(habits, body, "workerTag", job.tag)
    return finish(habits, body)


def listed_json(
    habits: AyxHabits, job: Job, id: str, workflow: tuple[str, str], now: datetime
) -> Json:
    """Spell a job as the list of all jobs has it; `workflow` is its id and name."""
    body: Json = {"jobId": id, "status": _status(habits, job)}
    body["workflowId"], body["workflowName"] = workflow
    body["submittedBy"] = f"{job.by}@example.invalid"
    put(habits, body, "startTime", time_as(habits, job.started), is_time=True)
    body["queueTime"] = time_as(habits, job.created)
    taken = None
    if job.started is not None:
        seconds = job.seconds if job.state != "Running" else (now - job.started).total_seconds()
        taken = _lasting(habits, seconds)
    put(habits, body, "executionTime", taken)
    body["priority"] = _priority(habits, job)
    return finish(habits, body)


def _lasting(habits: AyxHabits, seconds: float) -> str | float:
    if habits.lasts == "seconds":
        return seconds
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    if habits.lasts == "span":
        return f"{days}.{text}.{int(seconds % 1 * 10**7):07d}"
    return text


def workflow_json(habits: AyxHabits, row: Workflow, id: str, owner: str, *, full: bool) -> Json:
    """Spell a workflow; the full view has no version number of its own."""
    body: Json = {"id": id, "name": row.name, "ownerId": owner}
    put(habits, body, "sourceAppId", None)
    body["dateCreated"] = time_as(habits, row.created)
    body["executionMode"] = word(habits, "Safe")
    if not full:
        body |= {"publishedVersionNumber": number(habits, 0), "isAmp": row is APP}
        return finish(habits, body)
    body |= {"runCount": number(habits, 0), "isPublic": False, "othersCanExecute": True}
    body["packageWorkflowType"] = word(habits, row.kind)
    put(habits, body, "comments", None)
    put(habits, body, "hasPrivateDataExemption", None)
    body["publishedVersionId"] = digest(row.key)[:24]
    version: Json = {"versionId": digest(row.key)[:24], "versionNumber": number(habits, 3)}
    version |= {"published": True, "uploadSource": "ServerUIorServerAPI"}
    version["dateCreated"] = time_as(habits, row.created)
    put(habits, version, "comments", None)
    version["details"] = {"fileName": "theirs.yxmd", "isAmp": row is APP, "author": None}
    body["versions"] = [version]
    return finish(habits, body)


def schedule_json(
    habits: AyxHabits, row: Schedule, id: str, workflow: str | None, owner: str, *, full: bool
) -> Json:
    """Spell a schedule; only the full view says whether it is on."""
    body: Json = {"id": id, "name": row.name, "ownerId": owner}
    put(habits, body, "workflowId", workflow)
    coming = row.next_run if row.enabled else None
    put(habits, body, "runDateTime", time_as(habits, coming), is_time=True)
    put(habits, body, "timeZone", row.zone)
    if not full:
        return finish(habits, body)
    body["enabled"] = row.enabled
    body["frequency"] = row.frequency
    body["iteration"] = {"startTime": time_as(habits, row.starts)}
    put(habits, body["iteration"], "endTime", None, is_time=True)
    body["creationTime"] = time_as(habits, row.starts - timedelta(days=1))
    put(habits, body, "lastRunTime", None, is_time=True)
    for name in ("comment", "workerTag", "credentialId", "cpuName", "lastError", "state"):
        put(habits, body, name, None)
    body |= {"priority": 0 if habits.priorities == "numbers" else "Low", "canEdit": True}
    body |= {"runCount": number(habits, 12), "status": word(habits, "Active")}
    body["versionId"] = digest(row.key)[:24] if workflow else None
    return finish(habits, body)
