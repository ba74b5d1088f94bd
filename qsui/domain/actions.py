"""What can be done to a record, when it is refused and why, and when it has taken effect.

A pure table: the footer, the menu of verbs, the dialogs, the command line and the code that sends
all ask here. A reason is a clause that follows "left out:" or stands alone in a help line.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from qsui.domain import cron as crons
from qsui.domain.jobs import Job, Workflow
from qsui.domain.models import Kind, Query, Record, Ref, Run, Schedule
from qsui.domain.states import RunState, ScheduleState

if TYPE_CHECKING:
    from qsui.domain.drafts import Draft


class Verb(StrEnum):
    """What a person can ask for; the value is the word on the command line."""

    TRIGGER = "trigger"
    CANCEL = "cancel"
    ENABLE = "enable"
    DISABLE = "disable"
    SET_CRON = "set-cron"
    DELETE = "delete"
    CREATE = "create"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do to one record.

    `name` is what people call the target. `cron` is the new expression of `SET_CRON`, `draft` what
    `CREATE` and `RERUN` make. The target of `CREATE` has an empty id, that of `RERUN` is the run or
    query whose SQL is sent again. `undoes` is the journal's id of the action that this one puts
    back.
    """

    verb: Verb
    target: Ref
    name: str
    cron: str = ""
    draft: Draft | None = None
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Available:
    """A verb for a record; `reason` says why it is refused, empty if it is not."""

    verb: Verb
    reason: str = ""


VERBS_OF = {
    Kind.SCHEDULE: (Verb.TRIGGER, Verb.ENABLE, Verb.DISABLE, Verb.SET_CRON, Verb.DELETE),
    Kind.RUN: (Verb.CANCEL, Verb.RERUN),
    Kind.QUERY: (Verb.CANCEL, Verb.RERUN, Verb.DELETE),
    Kind.TEMPLATE: (Verb.DELETE,),
    Kind.WORKFLOW: (Verb.TRIGGER,),
    Kind.JOB: (Verb.CANCEL,),
}

NOT_FOR_THIS_KEY = "this key may not change it"
"""The reason that is no state: another key may."""

CAN_BE_UNDONE = frozenset({Verb.ENABLE, Verb.DISABLE, Verb.SET_CRON})
"""What `u` can put back. For a trigger it offers to cancel the new run."""


def available_actions(record: Record) -> tuple[Available, ...]:
    """Return every verb that records of this kind know, refused ones with the reason."""
    return tuple(Available(verb, refusal(verb, record)) for verb in VERBS_OF[record.ref.kind])


def refusal(verb: Verb, record: Record) -> str:
    """Return why the server would refuse `verb` on a record in its state; empty if it would not.

    A state whose word is not known refuses nothing: the server decides.
    """
    if verb not in VERBS_OF[record.ref.kind]:
        return f"a {record.ref.kind.value} cannot be {_DONE_WORDS[verb]}"
    if isinstance(record, Schedule):
        return _of_schedule(verb, record.state, record)
    if isinstance(record, Run | Query):
        return _of_execution(verb, record)
    if isinstance(record, Job):
        return _of_job(record.state)
    if isinstance(record, Workflow):
        return _of_workflow(record)
    return ""


def _of_job(state: RunState) -> str:
    """Return why a job cannot be cancelled: only what waits or runs can."""
    if state is RunState.STARTING:
        return "it is just starting, the API cancels only what waits or runs"
    return "it has ended already" if state.is_final or state is RunState.ENDED else ""


def _of_workflow(workflow: Workflow) -> str:
    if workflow.package.lower() == "macro":
        return "it is a macro, which runs only inside workflows"
    return "" if workflow.can_run else "its published version may not be run"


def _of_schedule(verb: Verb, state: ScheduleState, schedule: Schedule) -> str:
    if schedule.runs_workflow:
        if verb is Verb.TRIGGER:  # what runs is the workflow, on or off
            return "" if schedule.workflow_id else "its workflow was deleted"
        if schedule.can_edit is False:
            return NOT_FOR_THIS_KEY
    if state is ScheduleState.DELETED:
        return "it is deleted"
    if state is ScheduleState.REGISTERING:
        return "it is still registering, which takes seconds"
    match verb, state:
        case Verb.TRIGGER, ScheduleState.DISABLED:
            return "it is off, the API would refuse"
        case Verb.ENABLE, ScheduleState.ENABLED:
            return "it is on already"
        case Verb.DISABLE, ScheduleState.DISABLED:
            return "it is off already"
        case _:
            return ""


def _of_execution(verb: Verb, record: Run | Query) -> str:
    is_over = record.state.is_final or record.state is RunState.ENDED
    if verb is Verb.CANCEL and is_over:
        return "it has ended already"
    if verb is Verb.RERUN and record.state.is_active:
        return "it has not ended yet"
    if verb is Verb.DELETE and record.state.is_active:
        return "it has not ended yet: cancel it first"
    return ""


_DONE_WORDS = {
    Verb.TRIGGER: "triggered",
    Verb.CANCEL: "cancelled",
    Verb.ENABLE: "turned on",
    Verb.DISABLE: "turned off",
    Verb.SET_CRON: "given a cadence",
    Verb.DELETE: "deleted",
    Verb.CREATE: "created",
    Verb.RERUN: "re-run",
}


def is_seen(action: Action, record: Record | None) -> bool:
    """Whether the target, as read back, shows the effect; `None`: the server has no such record.

    A trigger shows in the schedule's runs (`new_run`) or as the job that the answer named, a
    creation in the list: not here.
    """
    if action.verb is Verb.DELETE:
        return record is None or (
            isinstance(record, Schedule) and record.state is ScheduleState.DELETED
        )
    if isinstance(record, Schedule):
        return _shows(action, record)
    if action.verb is Verb.CANCEL and action.target.kind is Kind.JOB:
        # A job that waited leaves no row behind when it is cancelled.
        return record is None or (isinstance(record, Job) and not record.state.is_active)
    if isinstance(record, Run | Query) and action.verb is Verb.CANCEL:
        return not record.state.is_active and record.state is not RunState.UNKNOWN
    return False


def _shows(action: Action, schedule: Schedule) -> bool:
    match action.verb:
        case Verb.ENABLE:
            return schedule.state is ScheduleState.ENABLED
        case Verb.DISABLE:
            return schedule.state is ScheduleState.DISABLED
        case Verb.SET_CRON:
            if schedule.runs_workflow:  # its cron may be read out of a recurrence
                return crons.is_same(schedule.cron, action.cron)
            return schedule.cron.split() == action.cron.split()
        case _:
            return False


def new_run(runs: tuple[Run, ...], known_before: frozenset[str]) -> Run | None:
    """Return the oldest run that a trigger made: not known before it, and not by the scheduler.

    A run whose origin is not known is taken only if its id says that it was made by hand.
    """
    made = [
        run
        for run in runs
        if run.id not in known_before
        and (run.is_manual or (run.is_manual is None and run.decoded_id.startswith("manual")))
    ]
    return min(made, key=lambda run: (run.slot_at is None, run.slot_at, run.id), default=None)
