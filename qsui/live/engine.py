"""The live engine of one scope: takes the best read that the budget allows, again and again.

It needs no screen. Lookers state what they want (`demand`), answers go to the store, and what went
wrong to the scope's health; an `ApiError` ends a single read, never the engine.
"""

from __future__ import annotations

import asyncio
import random as random_numbers
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.errors import ApiError
from qsui.domain.models import Query, Run, Schedule
from qsui.live.backoff import Backoff
from qsui.live.budget import Budget
from qsui.live.context import Context
from qsui.live.demands import Demands, PollOptions, Wanted, together
from qsui.live.due_watch import watch_dues
from qsui.live.health import health_of
from qsui.live.knowledge import Knowledge
from qsui.live.memory import Memory
from qsui.live.planner import LIST_ROWS, plan
from qsui.live.reader import Reader
from qsui.live.reading import Priority, Read, ReadKind, name_of
from qsui.live.run_reads import NO_LINKS_AFTER
from qsui.live.till import SHORTEST_SLEEP_S, Till

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.domain.models import Ref, Scope
    from qsui.domain.ports import Clock, History, QueryServiceReads
    from qsui.live.store import Store

__all__ = ["Demands", "Engine", "PollOptions"]

LONGEST_SLEEP_S = 30.0


class Engine:
    """Reads for one scope within its budget and keeps the store fresh.

    `focused` is false while nobody looks at the terminal: reads of visible things then come a third
    as often. Nothing is read before `run` or `poll_once`.
    """

    def __init__(
        self,
        backend: QueryServiceReads,
        store: Store,
        *,
        clock: Clock,
        history: History | None = None,
        options: PollOptions | None = None,
        random: random_numbers.Random | None = None,
    ) -> None:
        self.options = options or PollOptions()
        self.focused = True
        self._backend = backend
        self._store = store
        self._clock = clock
        self._memory = Memory(history, backend.scope)
        self._known = Knowledge(Backoff(random or random_numbers.Random()))  # noqa: S311  # jitter
        self._budget = Budget(
            clock.now(),
            per_min=self.options.requests_per_min,
            size=self.options.bucket,
            reserve=self.options.reserve,
        )
        self._till = Till(backend, self._budget, self._known.backoff, clock, self._is_preceded)
        self._context = Context(
            backend, store, self._known, self._memory, clock, self.options, self._till.pay
        )
        self._reader = Reader(self._context)
        self._demands: dict[str, Demands] = {}
        self._wanted = Wanted(schedules=True)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._is_painted = False
        self._is_running = False
        self._tell_health()

    @property
    def scope(self) -> Scope:
        """The scope that it reads."""
        return self._backend.scope

    def demand(self, owner: str, demands: Demands | None) -> None:
        """State what a looker wants fresh; `None` when it looks no more."""
        if self._demands.get(owner) == demands:
            return
        if demands is None:
            self._demands.pop(owner, None)
        else:
            self._demands[owner] = demands
        self._wanted = (
            together(tuple(self._demands.values())) if self._demands else Wanted(schedules=True)
        )
        self._context.flags = (self._wanted.include_hidden, self._wanted.include_deleted)
        self._wake.set()

    def refresh(self, everything: bool = False) -> None:
        """Read what is visible now, and with `everything` all schedules too.

        Waits after failures and a refusal are forgotten; a pause that the server asked for is not.
        """
        now = self._clock.now()
        self._known.fresh_after = now
        if everything:
            self._known.all_fresh_after = now
        self._known.backoff.forgive()
        self._wake.set()

    def query_detail(self, id: str) -> Query | None:
        """Return a query with its whole SQL in its newest state; `None` until it was read."""
        return self._reader.query_detail(id)

    def retire(self) -> None:
        """Drop the answers to all that is still under way; further reads count again."""
        self._reader.retire()

    async def read_run(self, schedule_id: str, run_id: str) -> Run:
        """Read a run with its tasks now and, if it failed, the error behind it.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such run.
        """
        await self.ask(ReadKind.RUN, schedule_id, run_id)
        run = self._store.snapshot.run(self.scope, schedule_id, run_id)
        if run is None:
            run = await self._backend.run(schedule_id, run_id)
        if run.state.is_bad and run.error is None:
            await self.ask(ReadKind.FAILURE, run.schedule_id, run.id)
        return self._store.snapshot.run(self.scope, run.schedule_id, run.id) or run

    async def read_query(self, id: str) -> Query:
        """Read a query with its whole SQL now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such query.
        """
        await self.ask(ReadKind.QUERY, "", id)
        return self.query_detail(id) or await self._backend.query(id)

    async def read_schedule(self, id: str) -> Schedule:
        """Read a schedule with its whole SQL now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such schedule.
        """
        await self.ask(ReadKind.SCHEDULE, "", id)
        return self._store.snapshot.schedule(self.scope, id) or await self._backend.schedule(id)

    async def read_runs(self, schedule_id: str) -> tuple[Run, ...]:
        """Read the newest 100 runs of a schedule now; returns all that are known of it.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such schedule.
        """
        await self.ask(ReadKind.RUNS, schedule_id, "", limit=LIST_ROWS)
        records = self._store.snapshot.runs(self.scope, schedule_id).records.values()
        return tuple(record for record in records if isinstance(record, Run))

    def forget(self, ref: Ref) -> None:
        """Drop a record that is known to be gone from the server."""
        self._reader.forget(ref)

    async def run(self) -> None:
        """Keep the store fresh until cancelled; schedules are asked for before anything else."""
        paint = asyncio.create_task(self._paint())
        self._is_running = True
        try:
            while True:
                self._wake.clear()
                started = self._start_reads()
                self._tell_health()
                if not started and await watch_dues(self._context):
                    continue
                await self._rest()
        finally:
            self._is_running = False
            self.retire()
            tasks = [paint, *self._under_way.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def poll_once(self) -> tuple[str, ...]:
        """Do every read that is due now, most urgent first, one after the other.

        Ends when nothing is due or the budget is spent; returns the names of the reads done. A read
        that follows from another one (a failed run from its query) is done in the same call.
        """
        await self._paint()
        done: list[str] = []
        while True:
            while await watch_dues(self._context):
                pass
            read = next((r for r in self._affordable() if r.name not in done), None)
            if read is None:
                self._tell_health()
                return tuple(done)
            await self._begin(read)
            done.append(read.name)

    async def _paint(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            await self._memory.paint(self._store, self._clock.now())
            records = self._store.snapshot.schedules(self.scope).records.values()
            self._known.note_enabled(r for r in records if isinstance(r, Schedule))

    def _plan(self, now: datetime) -> list[Read]:
        return plan(
            now,
            self._known,
            self._wanted,
            self.options,
            is_focused=self.focused,
        )

    def _affordable(self) -> Iterable[Read]:
        """The reads that may start now, most urgent first."""
        now = self._clock.now()
        for read in self._plan(now):
            if read.at <= now and self._till.may_start(read, now):
                yield read

    def _start_reads(self) -> bool:
        """Start what may start; whether anything did."""
        is_started = False
        for read in self._affordable():
            if len(self._under_way) >= self.options.in_flight:
                break
            if self._till.may_start(read, self._clock.now()):
                self._begin(read)
                is_started = True
        return is_started

    def _begin(self, read: Read) -> asyncio.Task[None]:
        """Pay for the first request of a read and set it going."""
        self._till.start()
        self._known.in_flight.add(read.name)
        task = asyncio.create_task(self._carry_out(read), name=read.name)
        self._under_way[read.name] = task
        return task

    async def _carry_out(self, read: Read) -> None:
        """Carry out a read; what goes wrong becomes trouble, not an exception."""
        try:
            with self._till.purse(prepaid=1):
                await self._reader.perform(read)
        except ApiError as error:
            self._note_failure(read, error)
        else:
            self._note_success(read)
        finally:
            self._ended(read)

    def _ended(self, read: Read) -> None:
        if read.priority is Priority.BACKGROUND:
            self._known.looked_after[str(read.kind)] = self._clock.now()
        self._known.ended[read.name] = self._clock.now()
        self._known.in_flight.discard(read.name)
        self._under_way.pop(read.name, None)
        self._wake.set()

    def _note_success(self, read: Read) -> None:
        self._known.last_success_at = self._clock.now()
        self._known.backoff.succeeded(read)
        if read.partition:
            self._store.set_trouble(self.scope, *read.partition, None)
        if read.kind is ReadKind.FAILURE:
            run_name = name_of(ReadKind.RUN, read.parent, read.id)
            self._known.ended[run_name] = self._clock.now()

    def _note_failure(self, read: Read, error: ApiError) -> None:
        now = self._clock.now()
        trouble = self._known.backoff.failed(read, error, now)
        if read.partition and (read.kind is not ReadKind.RUNS or self._is_listed(read.parent)):
            self._store.set_trouble(self.scope, *read.partition, trouble)
        if read.kind is ReadKind.RUNS and read.is_about_one and trouble.kind in _OF_ONE:
            self._known.note_runs_read(read.parent, now, is_sweep=True)
        if trouble.kind == "not_found":
            self._known.forget_missing(read)

    def _is_listed(self, schedule_id: str) -> bool:
        return self._store.snapshot.schedule(self.scope, schedule_id) is not None

    async def ask(self, kind: ReadKind, parent: str = "", id: str = "", *, limit: int = 0) -> None:
        """Do one read for someone who waits, after one of the same name that is under way.

        Raises:
            ApiError: The backend failed; what was stored before stays.
        """
        read = Read(kind, Priority.USER, self._clock.now(), parent, id, limit)
        running = self._under_way.get(read.name)
        if running is not None:
            await asyncio.wait([running])
        self._known.in_flight.add(read.name)
        try:
            with self._till.purse():
                await self._till.pay(read)
                await self._reader.perform(read)
        except ApiError as error:
            self._note_failure(read, error)
            raise
        else:
            self._note_success(read)
        finally:
            self._ended(read)
            self._tell_health()

    def _is_preceded(self, read: Read, now: datetime) -> bool:
        """Whether a more urgent read that is due should have the next request; wakes it if so."""
        if not self._is_running or len(self._under_way) >= self.options.in_flight:
            return False
        first = next((r for r in self._plan(now) if r.at <= now), None)
        if first is None or first.priority >= read.priority:
            return False
        self._wake.set()
        return True

    async def _rest(self) -> None:
        """Wait for the next read's time, an answer, or a word from outside."""
        nap = asyncio.ensure_future(self._clock.sleep(self._next_wait_s()))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({nap, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            woken.cancel()
            await asyncio.gather(nap, woken, return_exceptions=True)

    def _next_wait_s(self) -> float:
        now = self._clock.now()
        if len(self._under_way) >= self.options.in_flight:
            return LONGEST_SLEEP_S
        times = [now + timedelta(seconds=LONGEST_SLEEP_S)]
        for read in self._plan(now):
            paid = self._budget.ready_at(now, is_user=read.is_user)
            times.append(max(read.at, paid))
        next_due = self._known.dues.next_at()
        if next_due is not None:
            times.append(next_due - self._backend.server_offset)
        return max((min(times) - now).total_seconds(), SHORTEST_SLEEP_S)

    def _tell_health(self) -> None:
        now = self._clock.now()
        known = self._known
        if known.unlinked_since and not known.links_seen:
            known.no_run_links = now - known.unlinked_since >= NO_LINKS_AFTER
        health = health_of(known, self._backend, self.options, now)
        self._store.set_health(
            replace(
                health,
                requests_last_min=self._budget.sent_last_min(now),
                history_trouble=self._memory.trouble,
            )
        )


_OF_ONE = frozenset({"not_found", "bad_response", "server_error", "rejected"})
