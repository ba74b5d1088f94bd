"""What is read to see an effect, and what the answer says about each open action."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb, is_seen
from qsui.domain.jobs import Job
from qsui.domain.models import Kind, Query, Run
from qsui.domain.pending import Stage
from qsui.domain.states import RunState
from qsui.live import action_words
from qsui.live.action_reads import active_runs, find_record, known_record, version_of
from qsui.live.claims import claims
from qsui.live.creations import Creations
from qsui.live.deletions import Deletions
from qsui.live.findings import Done, Failed, Finding, NotYet
from qsui.live.job_triggers import JobTriggers
from qsui.live.reading import ReadKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from qsui.domain.models import Record
    from qsui.live.acting import Acting
    from qsui.live.cases import Case
    from qsui.live.sending import Sending

__all__ = ["Done", "Failed", "Looks", "NotYet"]

SINGLE_BEFORE_END = timedelta(seconds=20)
"""So long before an action counts as without effect its own record is read, not a list."""

_PATCHES = frozenset({Verb.ENABLE, Verb.DISABLE, Verb.SET_CRON})


class _Way(StrEnum):
    """Which read shows the effect."""

    CHANGED_SCHEDULES = "changed schedules"
    CHANGED_QUERIES = "changed queries"
    RUNS = "runs"
    RECORD = "record"


class Looks:
    """Reads for open actions; many targets share a list."""

    def __init__(self, acting: Acting, sending: Sending) -> None:
        self._with = acting
        self._claimed: set[str] = set()
        self._creations = Creations(acting)
        self._deletions = Deletions(acting, sending)
        self._job_triggers = JobTriggers(acting)

    def together(self, first: Case, cases: Iterable[Case]) -> tuple[Case, ...]:
        """Return the actions that one look serves, `first` among them."""
        every = tuple(cases)
        if first.verb is Verb.TRIGGER:
            same = (c for c in every if c.pending.action.target == first.pending.action.target)
            return tuple(c for c in same if c.verb is Verb.TRIGGER)
        way = self._shared_way(first)
        if way is None:
            return (first,)
        group = tuple(c for c in every if self._shared_way(c) == way)
        return group if len(group) > 1 else (first,)

    async def look(self, group: tuple[Case, ...]) -> Mapping[str, Finding]:
        """Do one read and judge the actions; those that it says nothing about are left out.

        Raises:
            ApiError: The backend failed.
        """
        first = group[0]
        match first.verb:
            case Verb.TRIGGER if self._with.has_jobs:
                return await self._job_triggers.look(group)
            case Verb.TRIGGER:
                return await self._runs(group)
            case Verb.CREATE | Verb.RERUN:
                return {first.id: await self._creations.look(first)}
            case Verb.DELETE:
                return {first.id: await self._deletions.look(first)}
            case _ if len(group) > 1:
                return await self._listed(group)
            case _:
                target = first.pending.action.target
                record = await find_record(self._with, target)
                finding = _judge(first, record)
                if record is None and isinstance(finding, Done):
                    self._with.engine.forget(target)
                return {first.id: finding}

    def _shared_way(self, case: Case) -> str | None:
        """The list that would show the effect; `None` if its own record must be read."""
        options, now = self._with.options, self._with.clock.now()
        near_end = timedelta(seconds=options.no_effect_s) - SINGLE_BEFORE_END
        if case.is_taken_up or now - case.since >= near_end:
            return None
        if case.verb in _PATCHES:
            return _Way.CHANGED_SCHEDULES
        target = case.pending.action.target
        if case.verb is Verb.CANCEL and target.kind is Kind.QUERY:
            return _Way.CHANGED_QUERIES
        if case.verb is Verb.CANCEL and target.kind is Kind.RUN:
            return f"{_Way.RUNS}:{target.parent}"
        return None

    async def _listed(self, group: tuple[Case, ...]) -> Mapping[str, Finding]:
        """Read the list that shows all of them; what it does not show is not yet done."""
        target = group[0].pending.action.target
        engine = self._with.engine
        if target.kind is Kind.SCHEDULE:
            await engine.ask(ReadKind.RECENT_SCHEDULES)
        elif target.kind is Kind.QUERY:
            await engine.ask(ReadKind.CHANGES)
        else:
            await self._with.for_runs.read_runs(target.parent)
        found: dict[str, Finding] = {}
        for case in group:
            record = known_record(self._with, case.pending.action.target)
            if record is not None:
                found[case.id] = _judge(case, record)
        return found

    async def _runs(self, group: tuple[Case, ...]) -> Mapping[str, Finding]:
        """Find the runs that triggers made; no run is claimed twice."""
        target = group[0].pending.action.target
        runs = await self._with.for_runs.read_runs(target.id)
        in_order = sorted(group, key=lambda case: case.pending.begun_at)
        found = claims(self._with, in_order, runs, self._claimed)
        self._claimed.update(run.id for run in found.values())
        findings: dict[str, Finding] = {
            case.id: _no_run_yet(case, runs, self._with.clock.now()) for case in group
        }
        return findings | {id: Done(result=run.ref) for id, run in found.items()}


def _no_run_yet(case: Case, runs: tuple[Run, ...], now: datetime) -> NotYet:
    """Say why a run may still come, if another one goes on."""
    if not active_runs(runs):
        return NotYet()
    words = action_words.no_effect(case.verb, now - case.since, was_lost=case.was_lost)
    return NotYet(no_effect=f"{words}: another run goes on, it may wait for that")


def _judge(case: Case, record: Record | None) -> Finding:
    action = case.pending.action
    if not is_seen(action, record):
        if record is None:
            return Failed(Stage.UNKNOWN, "it is gone: whether it took effect cannot be told", 1)
        return NotYet()
    return Done(version=version_of(record), words=_ending(case, record))


def _ending(case: Case, record: Record | None) -> str:
    """Say how a cancelled execution ended, if that is not what one would think."""
    if case.verb is not Verb.CANCEL:
        return ""
    if record is None:
        return "it left the queue and has no row any more"
    if not isinstance(record, Run | Query | Job):
        return ""
    if record.state is RunState.ENDED:
        return "how it ended is not known yet"
    if record.state in (RunState.SUCCESS, RunState.WARNING):
        return "it had ended well before the cancel took hold"
    return "" if record.state is RunState.CANCELLED else f"it ended as {record.state.value}"
