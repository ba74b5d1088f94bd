"""Puts actions back: the inverse change if nobody changed the schedule since, or a cancel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain import cron as crons
from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.pending import Stage
from qsui.domain.states import ScheduleState
from qsui.live.action_reads import version_of
from qsui.live.plans import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.journal import Deed
    from qsui.live.acting import Acting
    from qsui.live.plans import Plan
    from qsui.live.preparing import Preparing

_INVERSE = {
    Verb.ENABLE: Verb.DISABLE,
    Verb.DISABLE: Verb.ENABLE,
    Verb.SET_CRON: Verb.SET_CRON,
    Verb.TRIGGER: Verb.CANCEL,
}

_NO_WAY_BACK = {
    Verb.CANCEL: "what was cancelled cannot go on: trigger or re-run it",
    Verb.DELETE: "what was deleted cannot be brought back: create it anew",
    Verb.CREATE: "delete what was created (v)",
    Verb.RERUN: "cancel the new query while it runs",
}


class Undoing:
    """Makes the plan that undoes one action."""

    def __init__(self, acting: Acting, preparing: Preparing) -> None:
        self._with = acting
        self._preparing = preparing

    async def plan(self, deed: Deed, deeds: Sequence[Deed]) -> Plan:
        """Return the plan; a target that cannot be put back is left out with the reason."""
        action = self._inverse(deed)
        why_not = self._why_not(deed)
        if why_not:
            target = Target(action, None, None, refusal=why_not)
        else:
            target = await self._preparing.target(action)
            changed = _changed_since(deed, deeds, target)
            if changed:
                target = replace(target, refusal=changed, outgoing=())
        return await self._preparing.plan_of([target])

    def _inverse(self, deed: Deed) -> Action:
        intent, scope = deed.intent, self._with.scope
        ref = intent.ref or Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", "")
        ref = replace(ref, profile=scope.profile, sandbox=scope.sandbox)
        verb = _verb(deed)
        inverse = _INVERSE.get(verb, verb) if verb else Verb.CANCEL
        name = intent.name
        if verb is Verb.TRIGGER:
            run_id = deed.effect.result_id if deed.effect else ""
            ref = Ref(scope.profile, scope.sandbox, Kind.RUN, ref.id, run_id)
            if self._with.has_jobs:
                ref = Ref(scope.profile, scope.sandbox, Kind.JOB, "", run_id)
        cron = intent.before if verb is Verb.SET_CRON else ""
        return Action(inverse, ref, name, cron=cron, undoes=deed.id)

    def _why_not(self, deed: Deed) -> str:
        verb = _verb(deed)
        if verb is None or deed.intent.ref is None:
            return "the journal does not say what it was"
        if deed.intent.scope_key != self._with.scope.key:
            return "it was done on another server or sandbox"
        if verb in _NO_WAY_BACK:
            return _NO_WAY_BACK[verb]
        if deed.undone_by:
            return "it was put back already"
        if deed.stage is not Stage.DONE or deed.effect is None:
            return "its effect was not seen"
        if verb is Verb.TRIGGER and not deed.effect.result_id:
            return "its run is not known"
        if verb is Verb.SET_CRON and not deed.intent.before:
            return "the journal does not have the old cadence"
        return ""


def _verb(deed: Deed) -> Verb | None:
    try:
        return Verb(deed.intent.verb)
    except ValueError:
        return None


def _changed_since(deed: Deed, deeds: Sequence[Deed], target: Target) -> str:
    """Say who changed the schedule since, and when; empty if nobody did.

    A later change that this journal knows to be its own does not count while what this action put
    is still there.
    """
    schedule = target.record
    if not isinstance(schedule, Schedule) or deed.effect is None:
        return ""
    by = f"{schedule.updated_by or 'somebody'} changed it"
    at = f" at {schedule.updated_at:%Y-%m-%d %H:%M}Z" if schedule.updated_at else ""
    if not _still_put(deed, schedule):
        return f"{by}{at}: it no longer is what was put"
    now = version_of(schedule)
    own = {
        other.effect.version
        for other in deeds
        if other.effect is not None and other.intent.ref == deed.intent.ref
    }
    if now and now not in own | {deed.effect.version}:
        return f"{by}{at}"
    return ""


def _still_put(deed: Deed, schedule: Schedule) -> bool:
    match _verb(deed):
        case Verb.ENABLE:
            return schedule.state is ScheduleState.ENABLED
        case Verb.DISABLE:
            return schedule.state is ScheduleState.DISABLED
        case _:
            if schedule.runs_workflow:  # its cron may be read out of a recurrence
                return crons.is_same(schedule.cron, deed.intent.after)
            return schedule.cron.split() == deed.intent.after.split()
