"""What a server of somebody else's holds: schedules, runs, queries and templates as plain facts.

Nothing here says how they are spelt on the wire; `spelling.py` does. The clock stands still at
`NOW`.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 10, 14, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORG = "0A1B2C3D4E5F60718293A4B5@AdobeOrg"
OWNER = "7D1F22A95EE8A0C70A494017@techacct.adobe.com"
REASON = "Function [hash_of] not defined."
WRAPPED = (
    "Batch query execution gets : [failed reason ErrorCode: 58000 Batch query execution gets : "
    "[Analysis error encountered. Reason: [sessionId: 81f3c0a2-5d7e-4a54-bb0f-0f5a7d1b9c66 "
    f"{REASON}]]]"
)
MISSING_TABLE = "Table customers_tmp not found."
CREATED = datetime(2026, 1, 7, 9, 30, 15, 250_000, tzinfo=UTC)


@dataclass(frozen=True)
class Schedule:
    """`sql` is empty if the statement comes from `template`."""

    id: str
    name: str
    cron: str
    sql: str
    created: datetime
    state: str = "ENABLED"
    ends: datetime | None = None
    template: str = ""
    updated: datetime | None = None
    starts: datetime = CREATED
    at_once: int = 1


@dataclass(frozen=True)
class Task:
    """One statement of a run; `seconds` is `None` while it runs."""

    id: str
    state: str
    started: datetime
    seconds: int | None


@dataclass(frozen=True)
class Run:
    """`id` is encoded."""

    id: str
    schedule: Schedule
    slot: datetime
    state: str
    tasks: tuple[Task, ...]
    is_manual: bool = False

    @property
    def decoded(self) -> str:
        """What the id says, or the id."""
        try:
            return base64.b64decode(self.id, validate=True).decode("ascii")
        except ValueError:
            return self.id


@dataclass(frozen=True)
class Query:
    """`run` is `None` for what a person sent."""

    id: str
    sql: str
    state: str
    created: datetime
    updated: datetime
    elapsed_ms: int
    name: str = ""
    run: Run | None = None
    error: tuple[str, str] | None = None
    template: str = ""


@dataclass(frozen=True)
class Template:
    """A saved statement."""

    id: str
    name: str
    sql: str
    created: datetime


def schedule_id(name: str, number: int) -> str:
    """Build an id as long as the real ones."""
    slug = name.lower().replace(" ", "_")
    tail = f"{slug}7omob151bm_b{number:05d}"
    return f"0a1b2c3d4e5f60718293a4b5_28e74200-e3de-11e9-8f5d-7f27416c5f0d_{tail}"


def encoded(text: str) -> str:
    """Return the base64 form of a run id."""
    return base64.b64encode(text.encode()).decode()


def _uuid(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def _schedule(name: str, number: int, cron: str, **more: object) -> Schedule:
    sql = f"INSERT INTO {name.replace(' ', '_').lower()} SELECT id, hash_of(email) FROM profiles;"  # noqa: S608
    made = CREATED + timedelta(minutes=number)
    fields = {"sql": sql, "created": made, **more}
    return Schedule(schedule_id(name, number), name, cron, **fields)  # type: ignore[arg-type]


MERGE = _schedule("Profile Merge", 1, "0 * * * *")
ODD_IDS = _schedule("Odd Ids", 2, "0 * * * *")
BLOCK = _schedule("Three Steps", 3, "0 */6 * * *")
FINE = _schedule("Orders Rollup", 4, "30 * * * *")
RUNNING = _schedule("Long Export", 5, "0 * * * *")
PLAIN = (MERGE, ODD_IDS, BLOCK, FINE, RUNNING)
TEMPLATE_ID = "0094d000-9062-4e6a-8fdb-05606805f08f"
OTHERS = (
    _schedule("Old Backfill", 6, "@daily", state="DISABLED"),
    _schedule("Just Made", 7, "@hourly", state="REGISTERING"),
    _schedule("Over", 8, "@weekly", ends=NOW - timedelta(days=3)),
    _schedule("Six Fields", 9, "0 0 12 1 1 *"),
    _schedule("From Template", 10, "@monthly", sql="", template=TEMPLATE_ID),
    # Made by one script in the same millisecond: they lie across the border of a page of 20.
    *(
        _schedule(f"Batch {number}", number, "0 0 1 1 *", created=CREATED)
        for number in range(11, 24)
    ),
)
SCHEDULES = (*PLAIN, *OTHERS)


def _runs_of_merge() -> list[Run]:
    runs = []
    for back in range(30):
        slot = NOW.replace(minute=0, second=0) - HOUR * (back + 1)
        start = slot + HOUR + timedelta(seconds=41, microseconds=936_269)
        state = "FAILED" if back < 3 else "SUCCESS"
        task = Task("7Omob151BM", state, start, 95)
        runs.append(Run(encoded(f"scheduled__{slot.isoformat()}"), MERGE, slot, state, (task,)))
    made = NOW.replace(hour=11, minute=22, second=33, microsecond=123_456)
    task = Task("7Omob151BM", "SUCCESS", made + timedelta(seconds=5), 30)
    runs.append(Run(encoded(f"manual__{made.isoformat()}"), MERGE, made, "SUCCESS", (task,), True))
    return runs


def _runs_of(schedule: Schedule, count: int, every: timedelta, state: str = "SUCCESS") -> list[Run]:
    runs = []
    minute = 30 if schedule is FINE else 0
    last = NOW.replace(minute=minute, second=0) if minute == 0 else NOW - HOUR
    last = last.replace(minute=minute, second=0)
    if every > HOUR:
        last = last.replace(hour=12)
    for back in range(count):
        slot = last - every * (back + 1)
        start = slot + every + timedelta(seconds=20)
        is_open = schedule is RUNNING and back == 0
        now = "IN_PROGRESS" if is_open else state
        task = Task("aB3dE5fG7h", now, start, None if is_open else 12)
        id = encoded(f"scheduled__{slot.isoformat()}")
        if schedule is ODD_IDS:
            id = f"x9NoZXR1bGAkZZ18{back:02d}LTAxLTA4VDEyOjMwOjAwKzAwOjAx"  # decodes to nothing
        runs.append(Run(id, schedule, slot, now, () if is_open else (task,)))
    return runs


def _block_runs() -> list[Run]:
    runs = _runs_of(BLOCK, 4, HOUR * 6)
    start = runs[0].slot + HOUR * 6 + timedelta(seconds=30)
    tasks = (
        Task("firstTask1", "SUCCESS", start, 20),
        Task("secondTsk2", "FAILED", start + timedelta(seconds=25), 9),
    )
    return [Run(runs[0].id, BLOCK, runs[0].slot, "FAILED", tasks), *runs[1:]]


RUNS: dict[str, list[Run]] = {
    MERGE.id: _runs_of_merge(),
    ODD_IDS.id: _runs_of(ODD_IDS, 25, HOUR, "FAILED"),
    BLOCK.id: _block_runs(),
    FINE.id: _runs_of(FINE, 26, HOUR),
    RUNNING.id: _runs_of(RUNNING, 3, HOUR),
}


def _queries_of(run: Run) -> list[Query]:
    found = []
    for task in run.tasks or (Task("later", "IN_PROGRESS", run.slot + HOUR, None),):
        error = None
        if task.state == "FAILED":
            error = ("42P01", MISSING_TABLE) if run.schedule is BLOCK else ("58000", WRAPPED)
        made = task.started + timedelta(seconds=1)
        found.append(
            Query(
                _uuid(f"{run.schedule.id}/{run.id}/{task.id}"),
                run.schedule.sql,
                task.state,
                made,
                made + timedelta(seconds=task.seconds or 2),
                (task.seconds or 0) * 1000,
                run.schedule.name,
                run,
                error,
            )
        )
    return found


def _ad_hoc(number: int) -> Query:
    made = NOW - timedelta(minutes=7 * number, milliseconds=number * 31)
    state = ("SUCCESS", "SUCCESS", "KILLED", "TIMEOUT", "SUBMITTED")[number % 5]
    return Query(
        _uuid(f"by hand {number}"),
        f"SELECT count(*)\nFROM visits WHERE day = {number}",
        state,
        made,
        made + timedelta(seconds=3),
        3_000,
    )


QUERIES = [
    *(query for runs in RUNS.values() for run in runs for query in _queries_of(run)),
    *(_ad_hoc(number) for number in range(1, 41)),
]
TEMPLATES = [
    Template(
        TEMPLATE_ID if number == 0 else _uuid(f"template {number}"),
        f"Saved {number}",
        f"SELECT $key FROM t{number}",  # noqa: S608
        CREATED + timedelta(hours=number // 3),
    )
    for number in range(23)
]


def stamp(moment: datetime) -> str:
    """Write a moment as scripts get it."""
    text = moment.replace(tzinfo=None).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return text + "Z"
