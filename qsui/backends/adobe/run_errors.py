"""Finding the error behind a failed run, with as few calls as the server allows.

A run carries no error text and no query id. Queries do carry their run, in `_links`, and the list
of queries can be filtered by run, or by schedule. What a server turned out to ignore is remembered
and not asked again. The rules of what counts as a match are in `join.py`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from qsui.backends.adobe.convert import LIST_SQL, errors_of, query_of
from qsui.backends.adobe.join import (
    belongs,
    belongs_to_schedule,
    best_of,
    carries_run,
    is_likely,
    window_of,
)
from qsui.backends.times import format_time
from qsui.domain.errors import NotFound, Rejected
from qsui.domain.ports import ErrorFound
from qsui.domain.remedies import make_error
from qsui.domain.states import RunState, execution_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.backends.adobe.wire import QueryWire
    from qsui.domain.models import QueryError, Run, Scope

_MOST_ROWS = 300
_UNEXPLAINED = {
    RunState.TIMEOUT: "The query ran into its time limit; the server gives no other reason.",
    RunState.CANCELLED: "The query was cancelled.",
}


class Reads(Protocol):
    """The calls that are needed."""

    async def query_rows(self, conditions: Sequence[str], cap: int) -> list[QueryWire]:
        """Read queries that meet all conditions, newest first, deleted ones too."""
        ...

    async def query_row(self, id: str) -> QueryWire:
        """Read one query; raises `NotFound`."""
        ...

    async def schedule_sql(self, id: str) -> str:
        """Read a schedule's whole SQL; raises `NotFound`."""
        ...


class RunErrors:
    """Finds errors for the runs of one scope, and learns what its server can filter by."""

    def __init__(self, reads: Reads, scope: Scope) -> None:
        self._reads = reads
        self._scope = scope
        self._no_run_filter = False
        self._no_schedule_filter = False
        self._decoded_first = False

    async def find(self, run: Run, schedule_sql: str = "") -> ErrorFound | None:
        """Return the error of the query behind a run; `None` if no query can be matched."""
        if run.query_id and not run.error_is_likely:
            known = await self._known(run.query_id)
            if known is not None:
                return known
        matched = await self._by_run(run) or await self._by_schedule(run)
        if matched:
            return await self._found(matched, is_likely=False)
        return await self._found(await self._by_sql(run, schedule_sql), is_likely=True)

    async def _known(self, query_id: str) -> ErrorFound | None:
        try:
            return await self._found([await self._reads.query_row(query_id)], is_likely=False)
        except NotFound:
            return None

    async def _by_run(self, run: Run) -> list[QueryWire]:
        forms = dict.fromkeys(form for form in (run.id, run.decoded_id) if form)
        for form in reversed(forms) if self._decoded_first else forms:
            if self._no_run_filter or not _can_be_asked(form, run.schedule_id):
                return []
            conditions = (f"scheduleId=={run.schedule_id}", f"scheduleRunId=={form}")
            try:
                rows = await self._reads.query_rows(conditions, _MOST_ROWS)
            except Rejected:
                self._no_run_filter = True
                return []
            honoured = all(carries_run(row, run) for row in rows)
            matched = [row for row in rows if belongs(row, run, may_be_unnamed=honoured)]
            self._no_run_filter = len(matched) < len(rows)
            if matched:
                self._decoded_first = form == run.decoded_id
                return matched
        return []

    async def _by_schedule(self, run: Run) -> list[QueryWire]:
        if self._no_schedule_filter or not _can_be_asked(run.schedule_id):
            return []
        window = window_of(run)
        since = (f"created>={format_time(window[0])}",) if window else ()
        try:
            rows = await self._reads.query_rows(
                (f"scheduleId=={run.schedule_id}", *since), _MOST_ROWS
            )
        except Rejected:
            self._no_schedule_filter = True
            return []
        if rows and not any(belongs_to_schedule(row, run.schedule_id) for row in rows):
            self._no_schedule_filter = True
        return [row for row in rows if belongs(row, run)]

    async def _by_sql(self, run: Run, sql: str) -> list[QueryWire]:
        window = window_of(run)
        if window is None:
            return []
        if len(sql) in (0, LIST_SQL):  # not given, or perhaps cut
            try:
                sql = await self._reads.schedule_sql(run.schedule_id)
            except NotFound:
                return []
        begin, end = window
        conditions = [f"created>={format_time(begin)}"]
        if end is not None:
            conditions.append(f"created<={format_time(end)}")
        try:
            rows = await self._reads.query_rows(conditions, _MOST_ROWS)
        except Rejected:
            return []
        return [row for row in rows if is_likely(row, run, sql)]

    async def _found(self, matched: Sequence[QueryWire], *, is_likely: bool) -> ErrorFound | None:
        best = best_of(matched)
        if best is None:
            return None
        if not errors_of(best) and best.id:
            with suppress(NotFound):  # deleted since: the list's row is what there is
                best = await self._reads.query_row(best.id)
        errors = errors_of(best)
        error = errors[0] if errors else _unexplained(best)
        return ErrorFound(error, query_of(best, self._scope), is_likely=is_likely)


def _unexplained(query: QueryWire) -> QueryError:
    state = execution_state(query.state or "")
    return make_error(
        "", _UNEXPLAINED.get(state, "The query failed; the server gives no reason."), ""
    )


def _can_be_asked(*values: str) -> bool:
    """Whether values can stand in a filter, which has no way to escape its own signs."""
    return not any(sign in value for value in values for sign in (",", "||"))
