"""Makes plans: reads every target again and says what would be sent, what is left out, and why."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import NOT_FOR_THIS_KEY, Action, Verb, refusal
from qsui.domain.draft_of import rerun_of_query, rerun_of_run, rerun_of_schedule
from qsui.domain.errors import ApiError, ConfigError, Forbidden, NotFound
from qsui.domain.models import Kind, Query, Run, Schedule
from qsui.domain.states import RunState, ScheduleState
from qsui.live import action_words
from qsui.live.action_reads import (
    active_runs,
    known_active_jobs,
    known_record,
    known_runs,
    read_record,
    workflow_of,
)
from qsui.live.cautions import (
    change_of,
    draft_faults,
    job_warnings,
    must_argue,
    no_change,
    schedule_warnings,
    written_of,
)
from qsui.live.elsewhere import STILL_OPEN
from qsui.live.plans import Plan, Target
from qsui.live.reading import ReadKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from qsui.domain.drafts import Draft
    from qsui.domain.journal import Deed
    from qsui.domain.models import Record
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Outgoing
    from qsui.domain.written import Written
    from qsui.live.acting import Acting
    from qsui.live.elsewhere import Elsewhere
    from qsui.live.recorder import Recorder

FEW = 3
"""Up to so many schedules are read one by one; more are read with the whole list."""

JOBS_ARE_FRESH = timedelta(seconds=60)
"""Before a trigger the jobs of its workflow are read, unless that was done lately."""


class Preparing:
    """Builds targets from what is read just now."""

    def __init__(
        self,
        acting: Acting,
        recorder: Recorder,
        elsewhere: Elsewhere,
        is_production: Callable[[], Awaitable[bool]],
    ) -> None:
        self._with = acting
        self._recorder = recorder
        self._elsewhere = elsewhere
        self._is_production = is_production

    def refusal(self, verb: Verb, record: Record) -> str:
        """Return why a verb is refused on a record: read-only, the server, its state; or empty."""
        return (
            self._with.read_only
            or self._with.backend.offers(verb, record.ref.kind)
            or refusal(verb, record)
        )

    async def plan(self, actions: Sequence[Action]) -> Plan:
        """Read every target again; nothing is raised for one that cannot be read."""
        is_many = len(actions) > FEW
        listed = await self._list_read(actions) if is_many else None
        others = await self._elsewhere.open()
        targets = [await self.target(action, listed_at=listed, others=others) for action in actions]
        return await self.plan_of(targets)

    async def plan_of(self, targets: Sequence[Target]) -> Plan:
        """Return a plan of targets that were prepared."""
        first = targets[0] if targets else None
        trouble = await self._recorder.trouble()
        is_recorded = self._with.journal is not None and not trouble
        going = [target for target in targets if target.is_sent]
        return Plan(
            targets=tuple(targets),
            where=self._with.scope.label,
            is_production=await self._is_production() if going else False,
            typed=self._with.scope.sandbox or self._with.scope.profile,
            undo=action_words.undo_by(
                first.action,
                first.before,
                many=len(going) > 1,
                is_recorded=is_recorded,
                has_jobs=self._with.has_jobs,
            )
            if first
            else "",
            done=action_words.done_when(first.action.verb, has_jobs=self._with.has_jobs)
            if first
            else "",
            journal_trouble=trouble,
        )

    async def target(
        self,
        action: Action,
        *,
        listed_at: datetime | None = None,
        others: Sequence[Deed] = (),
    ) -> Target:
        """Read one target now, or take it from a list that was read at `listed_at`.

        `others` are open actions of other processes.
        """
        if action.verb is Verb.CREATE:
            return self._elsewhere.added_to(self._weighed(action, None, None), others)
        try:
            known = known_record(self._with, action.target) if listed_at else None
            record = known or await read_record(self._with, action.target)
            read_at = listed_at if known else self._with.clock.now()
            runs = await self._runs(action, record, is_quick=listed_at is not None)
            if action.verb is Verb.RERUN and action.draft is None:
                action = replace(action, draft=await self._draft_of(record))
        except NotFound:
            return Target(action, None, None, refusal="it is gone", error_code=NotFound.exit_code)
        except ApiError as error:
            words = f"it could not be read: {error}"
            return Target(action, None, None, refusal=words, error_code=error.exit_code)
        target = self._weighed(action, record, read_at, runs)
        return self._elsewhere.added_to(target, others)

    def _weighed(
        self,
        action: Action,
        record: Record | None,
        read_at: datetime | None,
        runs: tuple[Run, ...] = (),
    ) -> Target:
        why_not, outgoing = self._requests(action, record)
        written = written_of(action, record)
        open_one = self.earlier(action)
        before, after = change_of(action, record)
        return Target(
            action=action,
            record=record,
            read_at=read_at,
            refusal=why_not,
            warnings=tuple(self._warnings(action, record, runs, written, open_one)),
            outgoing=outgoing,
            earlier=open_one,
            must_argue=must_argue(action, open_one),
            before=before,
            after=after,
            running=active_runs(runs),
            writes=written.names,
            error_code=Forbidden.exit_code if why_not == NOT_FOR_THIS_KEY else 0,
        )

    def _why_not(self, action: Action, record: Record | None) -> str:
        if record is None:
            offered = self._with.backend.offers(action.verb, action.target.kind)
            return self._with.read_only or offered or draft_faults(action)
        return self.refusal(action.verb, record) or no_change(action, record)

    def _requests(self, action: Action, record: Record | None) -> tuple[str, tuple[Outgoing, ...]]:
        """Return why an action is refused, and the writes that it needs if it is not."""
        why_not = self._why_not(action, record)
        if why_not:
            return why_not, ()
        try:
            return "", self._outgoing(action, record)
        except ConfigError as error:
            return str(error).removeprefix("Nothing was sent: ").removesuffix("."), ()

    def _outgoing(self, action: Action, record: Record | None) -> tuple[Outgoing, ...]:
        writes = self._with.backend.outgoing(action)
        if (
            action.verb is Verb.DELETE
            and isinstance(record, Schedule)
            and record.state is ScheduleState.DISABLED
        ):
            return writes[-1:]
        return writes

    def earlier(self, action: Action) -> Pending | None:
        """Return the newest action on the same target whose effect is still open."""
        found = [
            pending
            for pending in self._with.store.snapshot.pending_of(action.target)
            if pending.stage in STILL_OPEN
            and (action.verb is not Verb.CREATE or pending.action.draft == action.draft)
        ]
        same = [pending for pending in found if pending.action.verb is action.verb]
        return next(reversed(same or found), None)

    def _warnings(
        self,
        action: Action,
        record: Record | None,
        runs: tuple[Run, ...],
        written: Written,
        open_one: Pending | None,
    ) -> list[str]:
        said: list[str] = []
        now = self._with.server_time(self._with.clock.now())
        if open_one is not None:
            said.append(
                action_words.earlier(
                    open_one.action.verb, open_one.begun_at, has_jobs=self._with.has_jobs
                )
            )
        if self._with.has_jobs:
            said += job_warnings(action.verb, record, known_active_jobs(self._with))
        elif isinstance(record, Schedule):
            said += schedule_warnings(action.verb, record, runs, now)
        elif isinstance(record, Run | Query) and record.state is RunState.UNKNOWN:
            said.append(f"its state {record.raw_state[:40]!r} is not known here: the API decides")
        if written.inserts and action.verb in (Verb.TRIGGER, Verb.RERUN):
            said.append("a second run adds the same rows again")
        return said

    async def _runs(self, action: Action, record: Record, *, is_quick: bool) -> tuple[Run, ...]:
        if self._with.has_jobs:
            await self._read_jobs(action, record)
            return ()
        if not isinstance(record, Schedule) or action.verb not in (Verb.TRIGGER, Verb.DELETE):
            return ()
        if is_quick or self.refusal(action.verb, record):
            return known_runs(self._with, record.id)
        return await self._with.for_runs.read_runs(record.id)

    async def _read_jobs(self, action: Action, record: Record) -> None:
        """Have the store know the jobs of a workflow that is triggered, unless it does already."""
        workflow_id = workflow_of(self._with, record.ref)
        if action.verb is not Verb.TRIGGER or not workflow_id or self.refusal(action.verb, record):
            return
        snapshot, scope = self._with.store.snapshot, self._with.scope
        read_at = snapshot.jobs(scope).read_at or snapshot.jobs(scope, workflow_id).read_at
        if read_at is None or self._with.clock.now() - read_at > JOBS_ARE_FRESH:
            with contextlib.suppress(Forbidden, NotFound):  # not for this key: the server decides
                await self._with.for_jobs.read_jobs(workflow_id)

    async def _list_read(self, actions: Sequence[Action]) -> datetime | None:
        """Read all schedules at once if that is cheaper; returns when, `None` if it was not."""
        kinds = {action.target.kind for action in actions}
        known = self._with.store.snapshot.schedules(self._with.scope)
        if kinds != {Kind.SCHEDULE} or len(known.records) // 100 >= len(actions):
            return None
        try:
            await self._with.engine.ask(ReadKind.SCHEDULES)
        except ApiError:
            return None
        return self._with.clock.now()

    async def _draft_of(self, record: Record) -> Draft | None:
        """Return what runs the SQL of a run or a query again; `None` for other records."""
        if isinstance(record, Query):
            return rerun_of_query(record).draft
        if not isinstance(record, Run):
            return None
        if record.query_id:
            query = await self._with.for_runs.read_query(record.query_id)
            return rerun_of_run(record, query).draft
        schedule = await self._with.for_runs.read_schedule(record.schedule_id)
        return rerun_of_schedule(schedule).draft
