"""What an action is done to, in words: how many of a kind, and how each stands as just read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.jobs import Job, Workflow
from qsui.domain.models import Kind, Query, Run, Schedule
from qsui.domain.states import RunState, ScheduleState
from qsui.present import text
from qsui.present.signs import run_look

if TYPE_CHECKING:
    from qsui.present.shown_target import ShownTarget

_STATE_WORDS = {
    ScheduleState.ENABLED: "on",
    ScheduleState.DISABLED: "off",
    ScheduleState.REGISTERING: "registering",
    ScheduleState.DELETED: "deleted",
}
_LOOKS_FOR_RUNS = frozenset({Verb.TRIGGER, Verb.DELETE})
"""Runs are read before these only; of others it is not known whether something runs."""


def plural(kind: Kind, count: int) -> str:
    """Return `1 schedule`, `2 queries`."""
    return f"{count} {kind_word(kind, count)}"


def kind_word(kind: Kind, count: int) -> str:
    """Return `schedule`, `queries`."""
    if count == 1:
        return kind.value
    return "queries" if kind is Kind.QUERY else f"{kind.value}s"


def state_words(target: ShownTarget) -> str:
    """Return the state as just read: `on, nothing running`, `runs since 2h10`, `not read`."""
    record = target.record
    if target.action.verb is Verb.CREATE:
        return "new"
    if record is None:
        return "not read"
    if isinstance(record, Job):
        return _job_words(record, target)
    if isinstance(record, Workflow):
        return "published" if record.can_run else "may not be run"
    if isinstance(record, Schedule):
        word = _STATE_WORDS.get(record.state) or _own_word(record.raw_state)
        if target.running:
            kind = Kind.JOB if record.runs_workflow else Kind.RUN
            return f"{word}, {plural(kind, target.running)} active"
        looks = target.action.verb in _LOOKS_FOR_RUNS and not record.runs_workflow
        return f"{word}, nothing running" if looks else word
    if isinstance(record, Run | Query):
        known = run_look(record.state).word
        word = known if known != "unknown" else _own_word(record.raw_state)
        since = record.started_at if isinstance(record, Run) else record.created_at
        if record.state.is_active and since is not None and target.read_at is not None:
            return f"{word} for {text.duration(target.read_at - since)}"
        return word
    return "there"


def _job_words(job: Job, target: ShownTarget) -> str:
    """Return how a job stands: `queued for 38m`, `runs for 3h10`, `failed`."""
    known = run_look(job.state).word
    word = known if known != "unknown" else _own_word(job.raw_state)
    since = job.queued_at if job.state is RunState.QUEUED else job.started_at
    if job.state.is_active and since is not None and target.read_at is not None:
        return f"{word} for {text.duration(target.read_at - since)}"
    return word


def _own_word(raw: str) -> str:
    return text.printable(raw, 30) or "state unknown"
