"""What outlives the process, off the event loop: a thin, asynchronous face of a `History`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.models import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.models import Run, Schedule, Scope
    from qsui.domain.ports import History
    from qsui.live.store import Store

RUNS_SINCE = timedelta(days=35)


FEW_SCHEDULES = 100
"""With more of them their runs come later, in slices."""


def recall(history: History, scope: Scope, store: Store, now: datetime) -> bool:
    """Put what the last session knew into a store that nobody listens to; whether it was anything.

    Blocks: call it in a thread. `Memory.paint` brings what it leaves out.
    """
    schedules, read_at = history.load_schedules(scope)
    if not schedules:
        return False
    _apply_schedules(store, scope, schedules, read_at)
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
        if not known.from_history:
            schedules, read_at = await asyncio.to_thread(history.load_schedules, self._scope)
            known = store.snapshot.schedules(self._scope)
            if schedules and known.read_at is None:
                _apply_schedules(store, self._scope, schedules, read_at)
        if has_runs:
            return
        runs = await asyncio.to_thread(history.load_runs, self._scope, now - RUNS_SINCE)
        for count, (schedule_id, group) in enumerate(_by_schedule(runs).items(), start=1):
            _apply_runs(store, self._scope, schedule_id, group)
            if count % 100 == 0:
                await asyncio.sleep(0)

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


def _apply_schedules(
    store: Store, scope: Scope, schedules: Sequence[Schedule], read_at: datetime | None
) -> None:
    store.apply(scope, Kind.SCHEDULE, "", schedules, read_at=read_at, from_history=True)


def _apply_runs(store: Store, scope: Scope, schedule_id: str, runs: Sequence[Run]) -> None:
    known = store.snapshot.runs(scope, schedule_id).records
    news = [run for run in runs if run.id not in known]
    store.apply(scope, Kind.RUN, schedule_id, news, from_history=True)


def _by_schedule(runs: Sequence[Run]) -> dict[str, list[Run]]:
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.schedule_id, []).append(run)
    return groups
