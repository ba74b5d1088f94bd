"""What a foreign Alteryx Server holds: workflows, jobs, schedules and people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 10, 14, 20, 5, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)

BAD_JOIN = "Join: the field «Kundennr» is not in the right input"
CONVERTED = "AMOUNT: n/a lost information in translation"


@dataclass(frozen=True)
class Person:
    """A user with a key; `role` as the server spells it."""

    key: str
    first: str
    role: str


CURATOR = Person("curator", "Kora", "Curator")
ARTISAN = Person("artisan", "Arne", "Artisan")
MEMBER = Person("member", "Mem", "Member")
PEOPLE = (CURATOR, ARTISAN, MEMBER)
SECRET = "their-secret"


@dataclass(frozen=True)
class Message:
    """A line of a job's log."""

    status: int
    text: str
    tool: int = -1


@dataclass
class Job:
    """A job: `state` and `outcome` in the words of a job's own page."""

    key: str
    workflow: str
    created: datetime
    state: str = "Completed"
    outcome: str = "Success"
    started: datetime | None = None
    seconds: float = 95.0
    by: str = "artisan"
    messages: tuple[Message, ...] = ()
    outputs: tuple[str, ...] = ()
    priority: int = 0
    tag: str = ""
    ends: datetime | None = None
    hidden_until: datetime | None = None


@dataclass(frozen=True)
class Workflow:
    """A workflow; `kind` is one of App, Module, Macro."""

    key: str
    name: str
    owner: str = "artisan"
    kind: str = "Module"
    created: datetime = NOW - timedelta(days=400)


@dataclass
class Schedule:
    """A schedule; `iteration` is what was last written, `frequency` what people read."""

    key: str
    name: str
    workflow: str | None
    enabled: bool = True
    frequency: str = "Daily"
    zone: str = ""
    next_run: datetime | None = None
    starts: datetime = NOW - timedelta(days=30)
    owner: str = "artisan"
    iteration: dict[str, object] = field(default_factory=dict)


LOAD = Workflow("load", "Load Sales")
CLEAN = Workflow("clean", "Clean Straße 清洗")
APP = Workflow("app", "Forecast App", kind="App")
MACRO = Workflow("macro", "Shared Macro", kind="Macro")
IDLE = Workflow("idle", "Never Ran")
LONG = Workflow("long", "Long Haul", owner="curator")
WAITING = Workflow("waiting", "Waiting Room")
STOPPED = Workflow("stopped", "Stopped By Hand")
WORKFLOWS = (LOAD, CLEAN, APP, MACRO, IDLE, LONG, WAITING, STOPPED)

FAILED_LOG = (
    Message(3, BAD_JOIN, 17),
    Message(3, "The workflow stopped at this tool", 17),
    Message(1, "14 records were read", 2),
    Message(1, "Finished with errors", -1),
    Message(4, "done", 2),
)
WARNED_LOG = (Message(5, CONVERTED, 8), Message(2, "Truncated at 254 characters", 8))
GOOD_LOG = (Message(1, "Finished in 1:35 minutes", -1),)


def jobs() -> list[Job]:
    """The past and the present: 34 jobs, oldest first."""
    found: list[Job] = []
    for back in range(28, 0, -1):
        at = NOW - back * HOUR
        is_bad = back <= 3
        found.append(
            Job(
                f"load-{back}",
                LOAD.key,
                at,
                outcome="Error" if is_bad else "Success",
                started=at + timedelta(seconds=4),
                messages=FAILED_LOG if is_bad else GOOD_LOG,
            )
        )
    found.append(_job("clean-1", CLEAN, 300, outcome="Warning", messages=WARNED_LOG, tag="gpu"))
    found.append(_job("app-1", APP, 120, messages=GOOD_LOG, outputs=("forecast.xlsx",)))
    found.append(_job("stopped-1", STOPPED, 240, "Cancelled", "None"))
    page = (Message(1, "Reading page 7", 4),)
    long = _job("long-1", LONG, 40, "Running", "None", by="curator", priority=3, messages=page)
    found.append(long)
    for number in (1, 2):
        waiting = _job(f"waiting-{number}", WAITING, 10 - number, "Queued", "None")
        waiting.started, waiting.priority = None, 2 * number - 1
        found.append(waiting)
    return sorted(found, key=lambda job: job.created)


def _job(
    key: str,
    workflow: Workflow,
    minutes: int,
    state: str = "Completed",
    outcome: str = "Success",
    **more: Any,
) -> Job:
    """Make a job of so many minutes ago, that was started six seconds later."""
    at = NOW - timedelta(minutes=minutes)
    started = at + timedelta(seconds=6)
    return Job(key, workflow.key, at, state, outcome, started, **more)


def schedules() -> list[Schedule]:
    """Five schedules: two of one workflow, one off, one in a zone, one without a workflow."""
    soon = NOW.replace(minute=0, second=0, microsecond=0) + HOUR
    third, york = "Monthly on the 3rd Tuesday", "America/New_York"
    return [
        Schedule("hourly", "Hourly load", LOAD.key, frequency="Hourly", next_run=soon),
        Schedule("extra", "Extra load", LOAD.key, frequency=third, next_run=soon + 170 * HOUR),
        Schedule("weekly", "Weekly clean", CLEAN.key, enabled=False, frequency="Weekly"),
        Schedule("zoned", "Zoned stop", STOPPED.key, zone=york, next_run=soon + 5 * HOUR),
        Schedule("orphan", "Orphan", None, next_run=soon + 9 * HOUR),
    ]


def digest(key: str) -> str:
    """Hex digits that depend on the key alone."""
    return hashlib.sha256(key.encode()).hexdigest()
