"""What a server may start with: people, workflows made of tools, schedules, jobs, workers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.emulator.errors import SqlError


class Role(StrEnum):
    """What a user may do on the whole server."""

    NO_ACCESS = "NoAccess"
    VIEWER = "Viewer"
    MEMBER = "Member"
    ARTISAN = "Artisan"
    CURATOR = "Curator"


class ToolKind(StrEnum):
    """What a tool does with the rows of its statement."""

    READ = "read"  # says how many there were
    WRITE = "write"  # the same, and leaves a file
    CHECK = "check"  # any row is one warning
    CONVERT = "convert"  # every row is a conversion error, up to a limit
    SAY = "say"  # every row is a message
    TEST = "test"  # any row is an error
    BATCH = "batch"  # says how many there were in every batch, until its time is over


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of a workflow; `{rows}` in `says` is the number of rows.

    In statement and text of a BATCH tool `{batch}` is the number of the batch, from 1 on.

    Attributes:
        number: Its id in the workflow.
        share: Its part of the workflow's time, relative to the other tools.
        file: Name of what a WRITE tool leaves.
        usual_rows: Rows in jobs of the past, which were never really run; None draws a number.
        past_error: How it failed in those.
        every_s: Virtual seconds that a batch takes.
    """

    number: int
    kind: ToolKind
    sql: str
    says: str
    share: float = 1.0
    file: str = ""
    usual_rows: int | None = None
    past_error: SqlError | None = None
    every_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an analytic app; `items` are its choices as (key, value)."""

    name: str
    kind: str
    description: str
    value: str = ""
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UserSeed:
    """A person; without `key` they have no API access of their own.

    `may` holds `schedule`, `prioritize` and `assign`.
    """

    email: str
    first: str
    last: str
    role: Role
    key: str = ""
    api_enabled: bool = True
    may: frozenset[str] = frozenset()
    active: bool = True

    @property
    def secret(self) -> str:
        """The API secret that belongs to `key`."""
        return f"{self.key}-secret"


@dataclass(frozen=True, slots=True)
class WorkflowSeed:
    """A published workflow.

    `base_s` is its usual time from start to end in virtual seconds, `spread` how much that
    varies. `package` is `Module` (a plain workflow), `App` or `Macro`.
    """

    name: str
    owner: str
    tools: tuple[Tool, ...] = ()
    base_s: float = 30.0
    spread: float = 0.15
    package: str = "Module"
    worker_tag: str = ""
    credential: str = ""
    comments: str | None = None
    description: str = ""
    questions: tuple[Question, ...] = ()
    created_days_ago: float = 90.0
    versions: int = 1
    is_public: bool = False
    is_amp: bool = True


@dataclass(frozen=True, slots=True)
class ScheduleSeed:
    """A schedule with some past.

    Attributes:
        workflow: A workflow's name; empty if it was deleted.
        iteration: As in a request, times being wall-clock times of `zone`.
        history: Outcomes of its newest runs, oldest first: `.` as usual, `k` cancelled.
        past_runs: How many runs the past has at most.
        stalled: The server left out its newest run and still announces it, until somebody saves
            the schedule.
    """

    name: str
    workflow: str
    owner: str
    iteration: Mapping[str, Any]
    zone: str = ""
    priority: str = "Default"
    worker_tag: str = ""
    enabled: bool = True
    comment: str = ""
    questions: tuple[tuple[str, str], ...] = ()
    history: str = ""
    past_runs: int = 12
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class JobSeed:
    """A job that somebody started by hand.

    `waited_s` is its time in the queue; `ran_s` its time since then, None if it still waits.
    `status` is `Queued`, `Running`, `Completed` or `Cancelled`.
    """

    workflow: str
    user: str
    status: str
    created_s_ago: float
    waited_s: float = 4.0
    ran_s: float | None = None
    priority: str = "Default"


@dataclass(frozen=True, slots=True)
class WorkerSeed:
    """A machine: takes jobs of its tags, and those without a tag if `takes_untagged`."""

    name: str
    slots: int
    tags: frozenset[str] = frozenset()
    takes_untagged: bool = True


@dataclass(frozen=True, slots=True)
class CollectionSeed:
    """Workflows and schedules (by name) shared with users (by address)."""

    name: str
    owner: str
    users: tuple[str, ...]
    workflows: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlteryxScene:
    """A named starting point; the order is the order of creation."""

    name: str
    users: tuple[UserSeed, ...]
    workflows: tuple[WorkflowSeed, ...] = ()
    schedules: tuple[ScheduleSeed, ...] = ()
    jobs: tuple[JobSeed, ...] = ()
    collections: tuple[CollectionSeed, ...] = ()
    credentials: tuple[str, ...] = ()
    workers: tuple[WorkerSeed, ...] = (WorkerSeed("AYX-W01", 2),)
