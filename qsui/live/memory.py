"""What outlives the process, off the event loop: a thin, asynchronous face of a `History`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.models import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.models import Run, Schedule, Scope
    from qsui.domain.ports import History
    from qsui.live.store import Store

RUNS_SINCE = timedelta(days=35)


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
        """Put what the last session knew into the store, marked as from history."""
        history = self._history
        if history is None:
            return
        schedules, read_at = await asyncio.to_thread(history.load_schedules, self._scope)
        known = store.snapshot.schedules(self._scope)
        if schedules and known.read_at is None:
            store.apply(
                self._scope, Kind.SCHEDULE, "", schedules, read_at=read_at, from_history=True
            )
        runs = await asyncio.to_thread(history.load_runs, self._scope, now - RUNS_SINCE)
        by_schedule: dict[str, list[Run]] = {}
        for run in runs:
            by_schedule.setdefault(run.schedule_id, []).append(run)
        for count, (schedule_id, group) in enumerate(by_schedule.items(), start=1):
            known = store.snapshot.runs(self._scope, schedule_id)
            news = [run for run in group if run.id not in known.records]
            store.apply(self._scope, Kind.RUN, schedule_id, news, from_history=True)
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
