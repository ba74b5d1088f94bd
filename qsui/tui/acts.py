"""What the keys that act mean for the chosen rows: the actions, or why there is none.

Pure over a snapshot; nothing here opens a dialog or sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.domain.actions import VERBS_OF, Action, Verb
from qsui.domain.jobs import Job, Workflow
from qsui.domain.models import Kind, Query, Record, Ref, Run, Schedule
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qsui.live.control import Control
    from qsui.tui.options import Session

LOOKED_AT = 200
"""Of so many marked rows at most the footer asks whether a verb is refused; the dialog asks all."""

NOTHING = "no row is chosen"
UNSEEN = "it was sent and not seen yet"
SEVERAL = "the marked rows are in several scopes: act on those of one at a time"

_NAME_CELLS = 60


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that a key is about: all marked ones, else the one under the cursor.

    `hidden` are those that the filter hides; `marked` is how many were marked (0: none).
    """

    records: tuple[Record, ...] = ()
    hidden: frozenset[Ref] = frozenset()
    marked: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Actions to put into one dialog, and which of their targets the filter hides."""

    actions: tuple[Action, ...]
    hidden: frozenset[Ref] = frozenset()
    marked: int = 0


def is_unseen(record: Record) -> bool:
    """Whether a row stands for something that was sent and has no id yet."""
    return record.ref.id.startswith(UNSEEN_ID)


UNSEEN_ID = "pending:"
"""How the ids of rows begin that stand for what was sent and is not seen yet."""


def name_of(record: Record, session: Session) -> str:
    """Return what people call a record; the text is the server's."""
    if isinstance(record, Run):
        schedule = session.store.snapshot.schedule(session.scope, record.schedule_id)
        name = schedule.name if schedule is not None else record.schedule_id
        return f"{name} {_slot_words(record)}".strip()
    if isinstance(record, Query):
        from qsui.present.cells_query import query_title

        return query_title(record)[:_NAME_CELLS] or record.id
    return record.name or record.ref.id


def _slot_words(run: Run) -> str:
    at = run.started_at or run.slot_at
    return f"{at:%H:%M}" if at is not None else ""


def actions_of(verb: Verb, records: Iterable[Record], session: Session) -> tuple[Action, ...]:
    """Return what `verb` does to the records themselves."""
    return tuple(Action(verb, record.ref, name_of(record, session)) for record in records)


def scopes_of(chosen: Chosen) -> frozenset[tuple[str, str]]:
    """Return the scopes that the chosen records belong to, by profile and sandbox."""
    return frozenset((record.ref.profile, record.ref.sandbox) for record in chosen.records)


def startable_of(chosen: Chosen, session: Session) -> Chosen:
    """Put the schedules of runs and the workflows of jobs in their place, each once."""
    snapshot = session.store.snapshot
    found: dict[Ref, Record] = {}
    hidden: set[Ref] = set()
    for record in chosen.records:
        owner: Record | None = record
        if isinstance(record, Run):
            owner = snapshot.schedule(session.scope, record.schedule_id)
        elif isinstance(record, Job):
            owner = workflow_of(record, session)
        if owner is not None:
            found[owner.ref] = owner
            if record.ref in chosen.hidden:
                hidden.add(owner.ref)
    return Chosen(tuple(found.values()), frozenset(hidden), chosen.marked)


def workflow_of(job: Job, session: Session) -> Workflow | None:
    """Return the workflow of a job; made of what the job says if the list has it not (yet)."""
    if not job.workflow_id:
        return None
    known = session.store.snapshot.workflow(session.scope, job.workflow_id)
    ref = Ref(job.ref.profile, job.ref.sandbox, Kind.WORKFLOW, "", job.workflow_id)
    return known or Workflow(ref, job.workflow_name)


def ongoing_of(chosen: Chosen, session: Session) -> Chosen:
    """Put what is active of schedules and workflows in their place; the rest stays."""
    found: dict[Ref, Record] = {}
    hidden: set[Ref] = set()
    for record in chosen.records:
        active: list[Record] = [record]
        if isinstance(record, Schedule | Workflow):
            active = list(active_of(record, session))
        found.update((each.ref, each) for each in active)
        if record.ref in chosen.hidden:
            hidden.update(each.ref for each in active)
    return Chosen(tuple(found.values()), frozenset(hidden), chosen.marked)


def active_of(record: Schedule | Workflow, session: Session) -> Sequence[Record]:
    """Return the runs of a schedule, or the jobs of a workflow, known to be active, oldest first.

    A schedule that runs a workflow has the jobs of that: no server says which of them it started.
    """
    if session.book is None:
        return active_runs(record, session) if isinstance(record, Schedule) else ()
    workflow_id = record.workflow_id if isinstance(record, Schedule) else record.id
    jobs = [job for job in session.book.active() if workflow_id and job.workflow_id == workflow_id]
    return sorted(jobs, key=lambda job: (job.queued_at is None, job.queued_at, job.id))


def active_runs(schedule: Schedule, session: Session) -> list[Run]:
    """Return the runs of a schedule that are known to be active, oldest first."""
    records = session.store.snapshot.runs(session.scope, schedule.id).records.values()
    runs = [run for run in records if isinstance(run, Run) and run.state.is_active]
    return sorted(runs, key=lambda run: (run.slot_at is None, run.slot_at, run.id))


def refusal_of(verb: Verb, chosen: Chosen, control: Control) -> str:
    """Return why a verb is refused on all chosen records; empty if one of them takes it."""
    if control.read_only:
        return control.read_only
    reason = NOTHING
    for record in chosen.records[:LOOKED_AT]:
        if is_unseen(record):
            reason = UNSEEN
            continue
        reason = control.refusal(verb, record)
        if not reason:
            return ""
    return reason


def switch_of(chosen: Chosen) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """Return the schedules that can be turned on, and those that can be turned off."""
    schedules = [record for record in chosen.records if isinstance(record, Schedule)]
    on = tuple(s for s in schedules if s.state is ScheduleState.DISABLED)
    off = tuple(s for s in schedules if s.state in (ScheduleState.ENABLED, ScheduleState.UNKNOWN))
    return on, off


def verbs_of(records: Iterable[Record]) -> tuple[Verb, ...]:
    """Return the verbs that records of these kinds know, in the order of the table."""
    kinds = {record.ref.kind for record in records}
    return tuple(dict.fromkeys(verb for kind in Kind if kind in kinds for verb in VERBS_OF[kind]))
