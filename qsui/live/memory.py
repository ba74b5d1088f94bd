"""What outlives the process, off the event loop: a thin, asynchronous face of a `History`.

How it is composed: `recall(history, scope, store, now, has_jobs=...)` fills a store in a thread
before any engine is there; `Engine(..., history=history)` and, for a scope with workflows and jobs
(`has_jobs`), `JobEngine(..., history=history)` paint what that left out and keep what they read.
All three take the scope of the profile, whose key the rows carry.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.models import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from qsui.domain.jobs import Job, Workflow
    from qsui.domain.models import Record, Run, Schedule, Scope
    from qsui.domain.ports import History
    from qsui.live.store import Store

RUNS_SINCE = timedelta(days=35)
JOBS_SINCE = RUNS_SINCE

FEW_SCHEDULES = 100
"""With more of them their runs come later, in slices."""

SLICE = 500
"""So many jobs are put into the store before the event loop has its turn."""


def recall(
    history: History, scope: Scope, store: Store, now: datetime, *, has_jobs: bool = False
) -> bool:
    """Put what the last session knew into a store that nobody listens to; whether it was anything.

    Blocks: call it in a thread. `Memory.paint` brings what it leaves out. `has_jobs` says that the
    scope has workflows and jobs instead of queries and runs: these are read whole.
    """
    schedules, read_at = history.load_schedules(scope)
    if has_jobs:
        workflows, workflows_read_at = history.load_workflows(scope)
        jobs, kept_at = history.load_jobs(scope, now - JOBS_SINCE)
        _paint_list(store, scope, Kind.SCHEDULE, schedules, read_at)
        _paint_list(store, scope, Kind.WORKFLOW, workflows, workflows_read_at)
        _paint_jobs(store, scope, jobs, kept_at)
        return bool(schedules or workflows or jobs)
    if not schedules:
        return False
    _paint_list(store, scope, Kind.SCHEDULE, schedules, read_at)
    if len(schedules) <= FEW_SCHEDULES:
        runs = history.load_runs(scope, now - RUNS_SINCE)
        for schedule_id, group in _by_schedule(runs).items():
            _apply_runs(store, scope, schedule_id, group)
    return True


class Memory:
    """Keeps and loads for one scope; does nothing without a history."""

    def __init__(self, history: History | None, scope: Scope) -> None:
        self._history = history
        self._scope = scope

    @property
    def trouble(self) -> str:
        """Why nothing is kept, as a sentence; empty if all is well or nothing should be."""
        return self._history.trouble if self._history else ""

    async def paint(self, store: Store, now: datetime) -> None:
        """Put what the last session knew into the store, marked as from history.

        What `recall` put there is not read again.
        """
        history = self._history
        if history is None:
            return
        known = store.snapshot.schedules(self._scope)
        has_runs = known.from_history and any(True for _ in store.snapshot.all_runs(self._scope))
        await self._paint_list(store, Kind.SCHEDULE, history.load_schedules)
        if has_runs:
            return
        runs = await asyncio.to_thread(history.load_runs, self._scope, now - RUNS_SINCE)
        for count, (schedule_id, group) in enumerate(_by_schedule(runs).items(), start=1):
            _apply_runs(store, self._scope, schedule_id, group)
            if count % 100 == 0:
                await asyncio.sleep(0)

    async def paint_jobs(self, store: Store, now: datetime) -> None:
        """Do the same for a scope with workflows and jobs."""
        history = self._history
        if history is None:
            return
        await self._paint_list(store, Kind.SCHEDULE, history.load_schedules)
        await self._paint_list(store, Kind.WORKFLOW, history.load_workflows)
        if not store.snapshot.jobs(self._scope).from_history:
            since = now - JOBS_SINCE
            jobs, kept_at = await asyncio.to_thread(history.load_jobs, self._scope, since)
            for start in range(0, len(jobs), SLICE):
                _paint_jobs(store, self._scope, jobs[start : start + SLICE], kept_at)
                await asyncio.sleep(0)

    async def _paint_list(
        self,
        store: Store,
        kind: Kind,
        load: Callable[[Scope], tuple[Sequence[Record], datetime | None]],
    ) -> None:
        if store.snapshot.partition(self._scope, kind).from_history:
            return
        records, read_at = await asyncio.to_thread(load, self._scope)
        if store.snapshot.partition(self._scope, kind).read_at is None:
            _paint_list(store, self._scope, kind, records, read_at)

    async def keep_schedules(
        self, schedules: tuple[Schedule, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep schedules; with `replace`, forget those not given."""
        history = self._history
        if history is not None:
            await asyncio.to_thread(
                history.save_schedules, self._scope, schedules, at, replace=replace
            )

    async def keep_runs(self, runs: tuple[Run, ...]) -> None:
        """Keep finished runs."""
        if runs and self._history is not None:
            await asyncio.to_thread(self._history.save_runs, self._scope, runs)

    async def keep_workflows(
        self, workflows: tuple[Workflow, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep workflows; with `replace`, forget those not given."""
        history = self._history
        if history is not None:
            await asyncio.to_thread(
                history.save_workflows, self._scope, workflows, at, replace=replace
            )

    async def keep_jobs(self, jobs: tuple[Job, ...], at: datetime) -> None:
        """Keep jobs that are over, and that others were read at `at`."""
        if self._history is not None:
            await asyncio.to_thread(self._history.save_jobs, self._scope, jobs, at)


def _paint_list(
    store: Store, scope: Scope, kind: Kind, records: Sequence[Record], read_at: datetime | None
) -> None:
    if records:
        store.apply(scope, kind, "", records, read_at=read_at, from_history=True)


def _paint_jobs(store: Store, scope: Scope, jobs: Sequence[Job], kept_at: datetime | None) -> None:
    before = store.snapshot.jobs(scope)
    news = [job for job in jobs if job.id not in before.records]
    is_read = before.read_at is not None and not before.from_history
    if news:
        read_at = None if is_read else kept_at
        store.apply(scope, Kind.JOB, "", news, read_at=read_at, from_history=True)


def _apply_runs(store: Store, scope: Scope, schedule_id: str, runs: Sequence[Run]) -> None:
    known = store.snapshot.runs(scope, schedule_id).records
    news = [run for run in runs if run.id not in known]
    store.apply(scope, Kind.RUN, schedule_id, news, from_history=True)


def _by_schedule(runs: Sequence[Run]) -> dict[str, list[Run]]:
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.schedule_id, []).append(run)
    return groups
