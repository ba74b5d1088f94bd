"""Workflows of an Alteryx Server and their jobs: what they are, and what their messages mean.

All times are aware UTC. `None` means "not sent or not known", never "zero".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.domain.models import Ref

ENGINE_TOOL = -1
"""The tool id under which the engine itself speaks."""


class Severity(StrEnum):
    """How much a message matters, worst first."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"
    INFO = "info"
    DEBUG = "debug"
    HIDDEN = "hidden"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_SEVERITIES = {
    1: Severity.INFO,
    2: Severity.WARNING,
    3: Severity.ERROR,
    4: Severity.HIDDEN,  # a tool is done
    5: Severity.WARNING,  # a field could not be converted
    6: Severity.WARNING,  # so many that the engine stopped counting
    7: Severity.DEBUG,  # replaces what the tool said before
    10: Severity.HIDDEN,
    11: Severity.HIDDEN,
    12: Severity.HIDDEN,
    13: Severity.HIDDEN,
    20: Severity.WARNING,  # the disk is nearly full
    30: Severity.WARNING,  # a choice is asked for
}


def severity_of(code: int | None) -> Severity:
    """Fold the engine's code of a message; `UNKNOWN` for one not in the table."""
    return Severity.UNKNOWN if code is None else _SEVERITIES.get(code, Severity.UNKNOWN)


class Ability(StrEnum):
    """Whether a server can do something, as far as this connection has found out."""

    UNTRIED = "untried"
    YES = "yes"
    MISSING = "missing"  # this release has no such call
    FORBIDDEN = "forbidden"  # it has, but not for this key

    @property
    def may_work(self) -> bool:
        """Whether it is worth asking for."""
        return self in (Ability.UNTRIED, Ability.YES)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one connection to an Alteryx Server can do; found out by use, never assumed."""

    job_list: Ability = Ability.UNTRIED
    cancel: Ability = Ability.UNTRIED
    schedule_patch: Ability = Ability.UNTRIED
    cron: Ability = Ability.UNTRIED
    admin_messages: Ability = Ability.UNTRIED
    last_job_per_workflow: Ability = Ability.UNTRIED
    forecast: Ability = Ability.UNTRIED
    users: Ability = Ability.UNTRIED


@dataclass(frozen=True, slots=True)
class Workflow:
    """A published workflow.

    `package` is `App`, `Module` (an ordinary workflow) or `Macro`, empty if it was not sent, as in
    lists. `run_count` is not to be relied on: servers often send 0. `can_run` is false if the
    published version may not be run.
    """

    ref: Ref
    name: str
    owner_id: str = ""
    owner: str = ""
    package: str = ""
    version: int | None = None
    comments: str = ""
    description: str = ""
    file_name: str = ""
    worker_tag: str = ""
    run_count: int | None = None
    is_amp: bool | None = None
    can_run: bool = True
    is_whole: bool = False
    created_at: datetime | None = None

    @property
    def id(self) -> str:
        """The server's id."""
        return self.ref.id


@dataclass(frozen=True, slots=True)
class JobMessage:
    """One line of a job's log; `raw_status` is the engine's code, `tool_id` -1 the engine."""

    severity: Severity
    raw_status: int | None
    tool_id: int | None
    text: str


@dataclass(frozen=True, slots=True)
class JobOutput:
    """One file that a job left."""

    id: str
    name: str
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One execution of a workflow.

    A finished job whose outcome was not read is `ENDED`. `messages` and `outputs` are `None` until
    they were read; messages come in the server's order, which is not that of time. With
    `log_is_cut` there are more of them than are known here: it ended since they were read, or only
    the worst were kept from an earlier session. `priority` is
    the server's word or number. Only some servers tell `submitted_by`, `started_at` and how long
    it took; with `times_are_seen` the start or the end is when it was first seen so.
    """

    ref: Ref
    state: RunState
    raw_state: str
    disposition: str = ""
    workflow_id: str = ""
    workflow_name: str = ""
    submitted_by: str = ""
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seen_duration: timedelta | None = None
    priority: str = ""
    worker_tag: str = ""
    is_amp: bool | None = None
    messages: tuple[JobMessage, ...] | None = None
    outputs: tuple[JobOutput, ...] | None = None
    times_are_seen: bool = False
    log_is_cut: bool = False

    @property
    def id(self) -> str:
        """The server's id."""
        return self.ref.id

    @property
    def name(self) -> str:
        """What people call it: its workflow, else its id."""
        return self.workflow_name or self.ref.id

    @property
    def duration(self) -> timedelta | None:
        """How long it took; `None` while it is active or if that is not known."""
        if self.state.is_active:
            return None
        if self.seen_duration is not None:
            return self.seen_duration
        start, end = self.started_at, self.ended_at
        return end - start if start and end and end >= start else None

    def took(self, now: datetime) -> timedelta | None:
        """How long it took, or has run by `now` (server time); `None` if that is not known."""
        if not self.state.is_active:
            return self.duration
        if self.state is not RunState.RUNNING or self.started_at is None:
            return None
        return max(timedelta(0), now - self.started_at)

    def waited(self, now: datetime) -> timedelta | None:
        """How long it waited for a worker, or has by `now`; `None` if that is not known."""
        if self.queued_at is None:
            return None
        is_waiting = self.state is RunState.QUEUED
        until = now if is_waiting else self.started_at
        return max(timedelta(0), until - self.queued_at) if until else None


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the server."""

    id: str
    name: str
    email: str = ""
    role: str = ""
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that a schedule has ahead; `expected` is how long the server thinks it will take."""

    schedule_id: str
    schedule_name: str
    workflow_name: str
    start_at: datetime
    cadence_words: str = ""
    owner: str = ""
    priority: str = ""
    expected: timedelta | None = None


def state_from_messages(state: RunState, messages: Iterable[JobMessage]) -> RunState:
    """Return the outcome of a job that has ended without one: any error, else any warning.

    Other states stay, and so does `ENDED` if no message is either: silence is no success.
    """
    if state is not RunState.ENDED:
        return state
    found = {message.severity for message in messages if message.raw_status in _TELLING}
    if Severity.ERROR in found:
        return RunState.FAILED
    return RunState.WARNING if Severity.WARNING in found else state


_TELLING = frozenset({2, 3, 5, 6})


def cancel_effect(job: Job) -> str:
    """Say what a cancel does to a job in its state, as a clause."""
    if job.state is RunState.QUEUED:
        return "it waits: it is deleted from the queue and leaves no row behind"
    if job.state is RunState.RUNNING:
        return "it runs: it is cancelled and its row stays as CANCELLED"
    return "a waiting job is deleted from the queue without a row, a running one is cancelled"
