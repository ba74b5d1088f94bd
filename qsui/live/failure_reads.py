"""Reads that explain a failed run: its tasks, and the error of the query behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.live import merge

if TYPE_CHECKING:
    from qsui.domain.models import Run
    from qsui.live.context import Context
    from qsui.live.query_reads import QueryReads
    from qsui.live.reading import Read
    from qsui.live.run_reads import RunReads


class FailureReads:
    """Explains failed runs.

    Every read raises `ApiError` if the backend failed; what was stored before stays.
    """

    def __init__(self, context: Context, runs: RunReads, queries: QueryReads) -> None:
        self._with = context
        self._run_reads = runs
        self._query_reads = queries

    async def explain(self, read: Read) -> None:
        """Read the run with its tasks, then the error behind it unless a query told it already."""
        key = (read.parent, read.id)
        generation = self._with.generation
        run = self._run(key)
        if run is None or run.tasks is None or run.from_query:
            await self._run_reads.read_one(read)
            run = self._run(key)
            if run is not None and run.state.is_bad and run.error is None:
                await self._with.pay(read)
        if generation != self._with.generation:
            return
        has_error = run is None or not run.state.is_bad or run.error is not None
        if run is not None and not has_error:
            has_error = await self._join(run)
        if generation == self._with.generation:
            now = self._with.clock.now()
            self._with.knowledge.note_explained(key, now, has_error=has_error)

    async def _join(self, run: Run) -> bool:
        """Find the error by its query; false if no query can be matched."""
        generation = self._with.generation
        schedule = self._with.store.snapshot.schedule(self._with.scope, run.schedule_id)
        found = await self._with.backend.run_error(run, schedule.sql if schedule else "")
        if found is None or generation != self._with.generation:
            return False
        await self._run_reads.take(run.schedule_id, [merge.explained_run(run, found)])
        await self._query_reads.take([found.query])
        return True

    def _run(self, key: tuple[str, str]) -> Run | None:
        return self._with.store.snapshot.run(self._with.scope, *key)
