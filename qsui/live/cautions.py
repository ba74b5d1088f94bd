"""What a person should know before an action, and why a draft or a change is refused; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.drafts import query_of_draft
from qsui.domain.facts import Verdict
from qsui.domain.models import Schedule
from qsui.domain.states import ScheduleState
from qsui.domain.verdict import judge
from qsui.domain.written import Written, written_by
from qsui.live import action_words
from qsui.live.action_reads import active_runs

if TYPE_CHECKING:
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
        case _:
            return "", ""


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
