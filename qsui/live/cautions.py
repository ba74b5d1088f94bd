"""What a person should know before an action, and why a draft or a change is refused; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.drafts import query_of_draft
from qsui.domain.facts import Verdict
from qsui.domain.jobs import Job, Workflow, cancel_effect
from qsui.domain.models import Schedule
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.verdict import judge
from qsui.domain.written import Written, written_by
from qsui.live import action_words
from qsui.live.action_reads import active_runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.actions import Action
    from qsui.domain.models import Record, Run
    from qsui.domain.pending import Pending

ARGUED = frozenset({Verb.TRIGGER, Verb.CREATE, Verb.RERUN})


def must_argue(action: Action, earlier: Pending | None) -> bool:
    """Whether the same was asked for before and nothing came of it yet."""
    return earlier is not None and action.verb in ARGUED and earlier.action.verb is action.verb


def draft_faults(action: Action) -> str:
    """Return what is wrong with what is to be created, in sentences; empty if nothing."""
    if action.draft is None:
        return "there is nothing to create"
    return " ".join(fault.words for fault in action.draft.faults())


def no_change(action: Action, record: Record) -> str:
    """Return why an action would change nothing, or has nothing to send; empty if it does."""
    if action.verb is Verb.SET_CRON and isinstance(record, Schedule):
        return "it has that cadence already" if _same(record.cron, action.cron) else ""
    if action.verb is Verb.RERUN:
        return draft_faults(action)
    return ""


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


def change_of(action: Action, record: Record | None) -> tuple[str, str]:
    """Return what an action replaces and what it puts, for the journal and the dialog."""
    match action.verb:
        case Verb.ENABLE:
            return "off", "on"
        case Verb.DISABLE:
            return "on", "off"
        case Verb.SET_CRON:
            return record.cron if isinstance(record, Schedule) else "", action.cron
        case Verb.CANCEL if isinstance(record, Job):
            return _cancelled(record.state)
        case _:
            return "", ""


def _cancelled(state: RunState) -> tuple[str, str]:
    """Return how a job stands and what its cancel makes of it: told, since the two ways differ."""
    if state is RunState.QUEUED:
        return "waiting", "deleted from the queue"
    return ("running", "cancelled") if state is RunState.RUNNING else ("", "")


def job_warnings(verb: Verb, record: Record | None, active: Sequence[Job]) -> list[str]:
    """Return clauses about what an action does on a server of workflows.

    `active` are all jobs of the scope that wait or work.
    """
    if isinstance(record, Job):
        by = f"submitted by {record.submitted_by[:60]}" if record.submitted_by else ""
        return [words for words in (cancel_effect(record), by) if words]
    if verb is not Verb.TRIGGER or not isinstance(record, Schedule | Workflow):
        return []
    said: list[str] = []
    workflow_id = record.id
    if isinstance(record, Schedule):
        workflow_id = record.workflow_id
        said.append("it runs the workflow now; the schedule's own next run stays")
        if record.state is ScheduleState.DISABLED:
            said.append("the schedule is off, its workflow runs all the same")
    own = sum(job.workflow_id == workflow_id for job in active)
    if own:
        said.append("a job of it is going already" if own == 1 else f"{own} jobs of it go")
    waiting = sum(job.state is RunState.QUEUED for job in active)
    if waiting:
        ones = "a job waits" if waiting == 1 else f"{waiting} jobs wait"
        said.append(f"{ones} in the queue already")
    return said


def written_of(action: Action, record: Record | None) -> Written:
    """Return what a run that an action starts writes."""
    if action.draft is not None:
        query = query_of_draft(action.draft)
        return written_by(query.sql, insert_into=query.insert_into, ctas=query.ctas)
    if action.verb is Verb.TRIGGER and isinstance(record, Schedule):
        return written_by(record.sql)
    return Written()


def schedule_warnings(
    verb: Verb, schedule: Schedule, runs: tuple[Run, ...], now: datetime
) -> list[str]:
    """Return clauses about a schedule at server time `now`; `runs` are those just read."""
    said: list[str] = []
    if schedule.state is ScheduleState.UNKNOWN:
        said.append(f"its state {schedule.raw_state[:40]!r} is not known here: the API decides")
    if verb in (Verb.TRIGGER, Verb.ENABLE, Verb.SET_CRON) and _is_past(schedule, now):
        said.append(f"its end, {schedule.end_at:%Y-%m-%d %H:%M}Z, is past: it fires no more")
    active = active_runs(runs)
    if verb is Verb.TRIGGER and active:
        said.append("a run of it is going already" if active == 1 else f"{active} runs of it go")
        if active >= schedule.max_active_runs:
            said.append("the new run waits until that ends")
    if verb is Verb.DELETE and active:
        ones = "a run is" if active == 1 else f"{active} runs are"
        said.append(f"{ones} still going: it is deleted once that ended")
    if verb is Verb.TRIGGER and runs:
        facts = judge(schedule, runs, now=now, read_at=now)
        if facts.verdict is Verdict.LATE and facts.due_at is not None:
            late = max(now - facts.due_at, timedelta())
            said.append(f"late {action_words.span(late)}: it may start by itself yet")
    return said


def _is_past(schedule: Schedule, now: datetime) -> bool:
    return schedule.end_at is not None and schedule.end_at < now
