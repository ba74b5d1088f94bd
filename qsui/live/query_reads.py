"""Reads of queries: what changed, the list of a day, and one."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain import run_ids
from qsui.domain.errors import NotFound
from qsui.domain.models import Kind, Query
from qsui.domain.ports import QueryFilter
from qsui.live import merge
from qsui.live.knowledge import OpenQuery
from qsui.live.reading import ReadKind, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.domain.models import Run
    from qsui.live.context import Context
    from qsui.live.knowledge import RunKey
    from qsui.live.reading import Read
    from qsui.live.run_reads import RunReads

FAILED_FIRST = 200
FIRST_QUERIES = 500
MOST_QUERIES = 1000
DETAILS_KEPT = 200
QUERIES_KEPT = timedelta(hours=26)


class QueryReads:
    """Asks for queries, stores them, and sets the state of the runs that they link to.

    Every read raises `ApiError` if the backend failed; what was stored before stays.
    """

    def __init__(self, context: Context, runs: RunReads) -> None:
        self._with = context
        self._run_reads = runs
        self._details: OrderedDict[str, Query] = OrderedDict()

    def detail(self, query_id: str) -> Query | None:
        """Return a query whose detail was read, in its newest state; `None` if it was not."""
        detail = self._details.get(query_id)
        if detail is None:
            return None
        current = self._with.store.snapshot.query(self._with.scope, query_id)
        return detail if current is None else merge.merged_query(detail, current)

    async def read_changes(self, read: Read) -> None:
        """Read what changed since the high-water mark, less an overlap.

        Without a mark (at first, and when hidden or deleted ones come or go) all changes of the
        window are read, newest first, as far as the cap goes; the failed ones before all others,
        since they are what a person wants to see first and are few.
        """
        known, flags = self._with.knowledge, self._with.flags
        mark = known.server_high_water if flags == known.flags else None
        asked_at = self._with.clock.now()
        if mark is None:
            since = await self._read_failed(read)
            if since is None:
                return
        else:
            since = mark - timedelta(seconds=self._with.options.change_overlap_s)
        cap = FIRST_QUERIES if mark is None else MOST_QUERIES
        answer = await self._read(read, self._changed(since), cap)
        if answer is None:
            return
        rows, is_last = answer
        known.queries_polled += 1
        if mark is None:
            known.queries_complete = is_last
            if flags != known.flags:
                self._remove_missing(rows, is_last=is_last)
        known.flags = flags
        stamps = [query.updated_at for query in rows.values() if query.updated_at]
        asked_at += self._with.backend.server_offset  # known by now, if not before
        newest = max(stamps, default=asked_at if mark is None else mark)
        known.server_high_water = newest if mark is None else max(mark, newest)
        for id, open_query in known.open_queries.items():
            open_query.missed_polls = 0 if id in rows else open_query.missed_polls + 1
        self._mark_read()

    async def _read_failed(self, read: Read) -> datetime | None:
        """Read the failed ones of the window; returns its begin, `None` if retired.

        Only the first answer of all tells the server's time. If that is behind ours, the window
        began too late, and is read again.
        """
        late = timedelta(seconds=self._with.options.change_overlap_s)
        while True:
            since = self._window_begin()
            failed = replace(self._changed(since), raw_state="FAILED")
            if await self._read(read, failed, FAILED_FIRST) is None:
                return None
            await self._with.pay(read)
            if since - self._window_begin() <= late:
                return since

    def _window_begin(self) -> datetime:
        return self._with.server_now() - timedelta(seconds=self._with.options.look_back_s)

    def _changed(self, since: datetime) -> QueryFilter:
        hidden, deleted = self._with.flags
        return QueryFilter(updated_since=since, include_hidden=hidden, include_deleted=deleted)

    async def read_list(self, read: Read) -> None:
        """Read the queries created in the window, as far as the cap goes."""
        since = self._with.server_now() - timedelta(seconds=self._with.options.look_back_s)
        flags = self._with.flags
        where = QueryFilter(created_since=since, include_hidden=flags[0], include_deleted=flags[1])
        answer = await self._read(read, where, MOST_QUERIES)
        if answer is not None and answer[1]:
            self._with.knowledge.queries_complete = True
            self._mark_read()

    async def read_one(self, read: Read) -> None:
        """Read one with its whole SQL; a query that is not found any more is dropped."""
        generation = self._with.generation
        open_query = self._with.knowledge.open_queries.get(read.id)
        if open_query is not None:
            open_query.read_at = self._with.clock.now()
        try:
            query = await self._with.backend.query(read.id)
        except NotFound:
            if generation == self._with.generation:
                self._drop([read.id])
            raise
        if generation == self._with.generation:
            self._details[query.id] = query
            self._details.move_to_end(query.id)
            while len(self._details) > DETAILS_KEPT:
                self._details.popitem(last=False)
            await self.take([query])

    def remove(self, query_id: str) -> None:
        """Drop a query that was deleted, unless deleted ones are wanted."""
        if not self._with.flags[1]:
            self._details.pop(query_id, None)
            self._drop([query_id])

    async def take(self, queries: Iterable[Query]) -> None:
        """Store queries, and the runs that follow from those among them that are new or changed."""
        store, scope, known = self._with.store, self._with.scope, self._with.knowledge
        merged = [merge.merged_query(store.snapshot.query(scope, q.id), q) for q in queries]
        change = store.apply(scope, Kind.QUERY, "", merged)
        if change is None:
            return
        news = {ref.id for ref in change.added | change.updated}
        touched: dict[RunKey, None] = {}
        for query in merged:
            if query.id in news:
                self._track(query)
                if query.schedule_id and query.run_id:
                    known.links_seen, known.no_run_links = True, False
                    key = _run_key(query)
                    known.queries_of.setdefault(key, {})[query.id] = None
                    touched[key] = None
        await self._adopt(touched)

    def prune(self) -> None:
        """Forget queries that ended long ago, so that memory stays bounded."""
        before = self._with.server_now() - QUERIES_KEPT
        self._drop(
            q.id
            for q in self._known_queries()
            if q.state.is_final and q.updated_at and q.updated_at < before
        )

    async def _read(
        self, read: Read, where: QueryFilter, cap: int
    ) -> tuple[dict[str, Query], bool] | None:
        """Read and store; returns the rows by id and whether that were all, `None` if retired."""
        rows: dict[str, Query] = {}
        generation = self._with.generation
        is_last = True
        newest_change_first = where.updated_since is not None
        pages = self._with.backend.queries(where, newest_change_first=newest_change_first, cap=cap)
        async for page in self._with.pages(read, pages):
            await self.take(page.records)
            rows.update((query.id, query) for query in page.records)
            is_last = page.is_last
            if len(rows) >= cap:
                break
        return (rows, is_last) if generation == self._with.generation else None

    def _mark_read(self) -> None:
        self._with.store.apply(
            self._with.scope,
            Kind.QUERY,
            "",
            (),
            read_at=self._with.clock.now(),
            is_complete=self._with.knowledge.queries_complete,
        )

    def _track(self, query: Query) -> None:
        known = self._with.knowledge
        if not query.state.is_final:
            known.open_queries.setdefault(query.id, OpenQuery(self._with.clock.now()))
        elif known.open_queries.pop(query.id, None) is not None:
            known.ended.pop(name_of(ReadKind.QUERY, "", query.id), None)

    async def _adopt(self, keys: Iterable[RunKey]) -> None:
        """Set the state of runs from the queries that link to them."""
        snapshot, scope = self._with.store.snapshot, self._with.scope
        by_schedule: dict[str, list[Run]] = {}
        for schedule_id, run_id in keys:
            ids = self._with.knowledge.queries_of.get((schedule_id, run_id), {})
            queries = [query for id in ids if (query := snapshot.query(scope, id))]
            run = merge.run_of_queries(queries, snapshot.run(scope, schedule_id, run_id))
            if run is not None:
                by_schedule.setdefault(schedule_id, []).append(run)
        for schedule_id, runs in by_schedule.items():
            await self._run_reads.take(schedule_id, runs)

    def _remove_missing(self, rows: dict[str, Query], *, is_last: bool) -> None:
        """Drop what an answer under other flags left out, as far back as it went."""
        oldest = min((q.updated_at for q in rows.values() if q.updated_at), default=None)
        self._drop(
            query.id
            for query in self._known_queries()
            if query.id not in rows
            and (is_last or (oldest and query.updated_at and query.updated_at > oldest))
        )

    def _known_queries(self) -> list[Query]:
        records = self._with.store.snapshot.queries(self._with.scope).records.values()
        return [record for record in records if isinstance(record, Query)]

    def _drop(self, ids: Iterable[str]) -> None:
        known, gone = self._with.knowledge, tuple(ids)
        for id in gone:
            known.open_queries.pop(id, None)
            query = self._with.store.snapshot.query(self._with.scope, id)
            if query is not None and query.run_id:
                linked = known.queries_of.get(_run_key(query), {})
                linked.pop(id, None)
                if not linked:
                    known.queries_of.pop(_run_key(query), None)
        if gone:
            self._with.store.apply(self._with.scope, Kind.QUERY, "", (), removed=gone)


def _run_key(query: Query) -> RunKey:
    return (query.schedule_id, run_ids.encoded(query.run_id))
