"""A server in memory and a clock that moves only when a test says so (or when all sleep)."""

from __future__ import annotations

import asyncio
import base64
import heapq
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.errors import ApiError, NotFound
from qsui.domain.models import Kind, Query, QueryError, Ref, Run, Sandbox, Schedule, Scope, Task
from qsui.domain.ports import (
    EVERYTHING,
    Accepted,
    ErrorFound,
    Outgoing,
    Page,
    QueryFilter,
    TokenInfo,
)
from qsui.domain.states import RunState, ScheduleState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sized

    from qsui.domain.actions import Action
    from qsui.domain.models import Template

SCOPE = Scope("prod", "main", "key-of-prod")
NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class FakeClock:
    """Time stands still until `advance`, or jumps on if `is_leaping` and somebody sleeps."""

    def __init__(self, now: datetime = NOON, *, is_leaping: bool = False) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self.is_leaping = is_leaping

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if self.is_leaping:
            self._now += timedelta(seconds=seconds)
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        until = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (until, next(self._numbers), future))
        await future

    def move(self, by: timedelta) -> None:
        """Let time pass at once, without waking anybody."""
        self._now += by

    async def advance(self, by: timedelta) -> None:
        """Let time pass, waking sleepers in their order and letting each go on."""
        end = self._now + by
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            until, _, future = heapq.heappop(self._sleepers)
            self._now = max(self._now, until)
            if not future.done():
                future.set_result(None)
                await settle()
        self._now = end
        await settle()


async def settle() -> None:
    """Let every task go on as far as it can without time passing."""
    ready: Sized = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # CPython's
    while True:
        await asyncio.sleep(0)
        if not len(ready):
            return


def schedule(
    id: str, cron: str = "0 * * * *", *, state: ScheduleState = ScheduleState.ENABLED, sql: str = ""
) -> Schedule:
    return Schedule(
        ref=Ref(SCOPE.profile, SCOPE.sandbox, Kind.SCHEDULE, "", id),
        name=f"name of {id}",
        state=state,
        raw_state=state.value,
        cron=cron,
        sql=sql,
        created_at=NOON - 30 * 24 * HOUR,
        updated_at=NOON - 24 * HOUR,
        start_at=NOON - 30 * 24 * HOUR,
    )


def run_id(slot: datetime) -> str:
    return base64.b64encode(f"scheduled__{slot.isoformat()}".encode()).decode()


def run(
    schedule_id: str,
    slot: datetime,
    state: RunState = RunState.SUCCESS,
    *,
    started: datetime | None = None,
    took: timedelta = MINUTE,
) -> Run:
    """A run as its detail says it; `as_listed` is what a list says."""
    begin = started or slot + HOUR
    end = None if state.is_active else begin + took
    return Run(
        ref=Ref(SCOPE.profile, SCOPE.sandbox, Kind.RUN, schedule_id, run_id(slot)),
        state=state,
        raw_state=state.value,
        slot_at=slot,
        decoded_id=f"scheduled__{slot.isoformat()}",
        is_manual=False,
        tasks=(Task("t1", state, state.value, begin, end),),
    )


def as_listed(given: Run) -> Run:
    return replace(given, tasks=None)


def query(
    id: str,
    state: RunState = RunState.RUNNING,
    *,
    of: Run | None = None,
    updated: datetime = NOON,
    created: datetime | None = None,
    error: str = "",
) -> Query:
    return Query(
        ref=Ref(SCOPE.profile, SCOPE.sandbox, Kind.QUERY, "", id),
        state=state,
        raw_state=state.value,
        sql=f"select '{id}'",
        schedule_id=of.schedule_id if of else "",
        run_id=of.id if of else "",
        errors=(QueryError("58000", "USER_ERROR", error),) if error else (),
        created_at=created or updated,
        updated_at=updated,
    )


class FakeBackend:
    """Holds schedules, runs and queries; counts the requests; fails where told to.

    `failures` maps the start of a request's name (for example `runs:a`, `send:trigger a`) to what
    it raises. A write has no effect but what `on_send`, called with its name, brings about.
    """

    def __init__(self, clock: FakeClock, schedules: Iterable[Schedule] = ()) -> None:
        self.clock = clock
        self.scope = SCOPE
        self.server_offset = timedelta()
        self.token = TokenInfo(None, can_renew=True)
        self.schedules_by_id = {s.id: s for s in schedules}
        self.runs_by_schedule: dict[str, dict[str, Run]] = {}
        self.queries_by_id: dict[str, Query] = {}
        self.hidden: set[str] = set()
        self.errors: dict[tuple[str, str], ErrorFound] = {}
        self.failures: dict[str, ApiError] = {}
        self.requests: list[tuple[datetime, str]] = []
        self.filters: list[QueryFilter] = []
        self.gate: asyncio.Event | None = None
        self.unchanged_pages: set[str] = set()
        self.most_in_flight = 0
        self.sent: list[str] = []
        self.on_send: Callable[[str], None] | None = None
        self.not_offered: dict[tuple[Verb, Kind], str] = {}
        self._in_flight = 0

    def put(self, *records: Schedule | Run | Query) -> None:
        for record in records:
            if isinstance(record, Schedule):
                self.schedules_by_id[record.id] = record
            elif isinstance(record, Run):
                self.runs_by_schedule.setdefault(record.schedule_id, {})[record.id] = record
            else:
                self.queries_by_id[record.id] = record

    def names(self) -> list[str]:
        return [name for _, name in self.requests]

    def count(self, start: str) -> int:
        return sum(name.startswith(start) for name in self.names())

    async def _ask(self, name: str) -> None:
        self.requests.append((self.clock.now(), name))
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            if self.gate is not None:
                await self.gate.wait()
            else:
                await asyncio.sleep(0)
        finally:
            self._in_flight -= 1
        for start, error in self.failures.items():
            if name.startswith(start):
                raise error

    async def schedules(
        self, *, newest_change_first: bool = False, cap: int | None = None
    ) -> AsyncIterator[Page[Schedule]]:
        del cap
        rows = list(self.schedules_by_id.values())
        if newest_change_first:
            rows.sort(key=lambda s: s.updated_at or NOON, reverse=True)
        name = "recent" if newest_change_first else "schedules"
        for start in range(0, max(1, len(rows)), 100):
            await self._ask(f"{name}:{start}")
            page = tuple(rows[start : start + 100])
            is_same = f"{name}:{start}" in self.unchanged_pages
            yield Page(() if is_same else page, start + 100 >= len(rows), unchanged=is_same)

    async def schedule(self, id: str) -> Schedule:
        await self._ask(f"schedule:{id}")
        if id not in self.schedules_by_id:
            raise NotFound("no such schedule", status=404)
        return self.schedules_by_id[id]

    async def runs(
        self, schedule_id: str, *, cap: int | None = None, limit: int = 100
    ) -> AsyncIterator[Page[Run]]:
        del cap
        await self._ask(f"runs:{schedule_id}")
        rows = [as_listed(r) for r in self.runs_by_schedule.get(schedule_id, {}).values()]
        rows.sort(key=lambda r: r.slot_at or NOON, reverse=True)
        yield Page(tuple(rows[:limit]), len(rows) <= limit)

    async def run(self, schedule_id: str, run_id: str) -> Run:
        await self._ask(f"run:{schedule_id}/{run_id}")
        found = self.runs_by_schedule.get(schedule_id, {}).get(run_id)
        if found is None:
            raise NotFound("no such run", status=404)
        return found

    async def run_error(self, run: Run, schedule_sql: str = "") -> ErrorFound | None:
        del schedule_sql
        await self._ask(f"error:{run.schedule_id}/{run.id}")
        return self.errors.get((run.schedule_id, run.id))

    async def queries(
        self,
        where: QueryFilter = EVERYTHING,
        *,
        newest_change_first: bool = False,
        cap: int | None = None,
    ) -> AsyncIterator[Page[Query]]:
        del newest_change_first, cap
        self.filters.append(where)
        rows = [q for q in self.queries_by_id.values() if _fits(q, where)]
        rows = [q for q in rows if where.include_hidden or q.id not in self.hidden]
        rows.sort(key=lambda q: q.updated_at or NOON, reverse=True)
        for start in range(0, max(1, len(rows)), 100):
            await self._ask(f"queries:{start}")
            yield Page(tuple(rows[start : start + 100]), start + 100 >= len(rows))

    async def query(self, id: str) -> Query:
        await self._ask(f"query:{id}")
        if id not in self.queries_by_id:
            raise NotFound("no such query", status=404)
        return replace(self.queries_by_id[id], effective_sql="create table …")

    async def templates(self, *, cap: int | None = None) -> AsyncIterator[Page[Template]]:
        del cap
        yield Page((), is_last=True)

    async def template(self, id: str) -> Template:
        raise NotFound(f"no template {id} here", status=404)

    async def sandboxes(self) -> tuple[Sandbox, ...]:
        return ()

    async def raw(self, ref: Ref) -> bytes:
        return ref.id.encode()

    def offers(self, verb: Verb, kind: Kind) -> str:
        return self.not_offered.get((verb, kind), "")

    def outgoing(self, action: Action) -> tuple[Outgoing, ...]:
        target = action.target
        one = Outgoing("PATCH", f"http://fake/{target.id}", what=f"{action.verb} {target.id}")
        if action.verb is not Verb.DELETE or target.kind is not Kind.SCHEDULE:
            return (one,)
        off = Outgoing("PATCH", f"http://fake/{target.id}", what=f"disable {target.id}")
        return (off, Outgoing("DELETE", one.url, what=one.what))

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Do what `on_send` says, then raise what `failures` has for it or accept it."""
        self.sent.append(outgoing.what)
        if self.on_send is not None:
            self.on_send(outgoing.what)
        await self._ask(f"send:{outgoing.what}")
        return Accepted(202, "request-1", "accepted")

    async def aclose(self) -> None:
        return None


def _fits(candidate: Query, where: QueryFilter) -> bool:
    updated, created = candidate.updated_at, candidate.created_at
    if where.updated_since and updated and updated < where.updated_since:
        return False
    return not (where.created_since and created and created < where.created_since)
