"""Carries out any read by its kind; it decides neither when to read nor what a failure means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import NotFound
from qsui.domain.models import Kind
from qsui.live.failure_reads import FailureReads
from qsui.live.query_reads import QueryReads
from qsui.live.reading import ReadKind
from qsui.live.run_reads import RunReads
from qsui.live.schedule_reads import ScheduleReads

if TYPE_CHECKING:
    from qsui.domain.models import Query, Ref
    from qsui.live.context import Context
    from qsui.live.reading import Read


class Reader:
    """All reads of one scope; the first request of each is paid by the caller."""

    def __init__(self, context: Context) -> None:
        self._with = context
        self._schedules = ScheduleReads(context)
        self._runs = RunReads(context)
        self._queries = QueryReads(context, self._runs)
        self._failures = FailureReads(context, self._runs, self._queries)

    def retire(self) -> None:
        """Drop the answers to everything still under way."""
        self._with.generation += 1

    def query_detail(self, query_id: str) -> Query | None:
        """Return a query whose detail was read, in its newest state; `None` if it was not."""
        return self._queries.detail(query_id)

    def forget(self, ref: Ref) -> None:
        """Drop a schedule or a query that is gone, and what is planned for it."""
        if ref.kind is Kind.SCHEDULE:
            self._schedules.remove(ref.id)
        elif ref.kind is Kind.QUERY:
            self._queries.remove(ref.id)

    async def perform(self, read: Read) -> None:
        """Carry out one read and store what it brings.

        Raises:
            ApiError: The backend failed; what was stored before stays.
        """
        match read.kind:
            case ReadKind.SCHEDULES:
                await self._schedules.read_all(read)
                self._queries.prune()
            case ReadKind.RECENT_SCHEDULES:
                await self._schedules.read_recent(read)
            case ReadKind.SCHEDULE:
                await self._schedules.read_one(read)
            case ReadKind.CHANGES:
                await self._queries.read_changes(read)
            case ReadKind.QUERIES:
                await self._queries.read_list(read)
            case ReadKind.QUERY:
                await self._queries.read_one(read)
            case ReadKind.RUNS:
                await self._read_runs(read)
            case ReadKind.RUN:
                await self._runs.read_one(read)
            case ReadKind.FAILURE:
                await self._failures.explain(read)

    async def _read_runs(self, read: Read) -> None:
        """Read the runs of a schedule; believe that it is gone when they were not found twice."""
        missing = self._with.knowledge.not_found_once
        try:
            await self._runs.read_list(read)
        except NotFound:
            if read.parent in missing:
                self._schedules.remove(read.parent)
            else:
                missing.add(read.parent)
            raise
        missing.discard(read.parent)
