"""Takes the best read that the budget allows, again and again; what it reads is told by others.

An `ApiError` ends a single read, never the loop.
"""

from __future__ import annotations

import asyncio
import random as random_numbers
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from qsui.domain.errors import ApiError
from qsui.live.budget import Budget
from qsui.live.reading import Priority, Read, ReadKind
from qsui.live.till import SHORTEST_SLEEP_S, Till

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, Connection
    from qsui.live.read_log import ReadLog
    from qsui.live.store import Health, Store, Trouble

LONGEST_SLEEP_S = 30.0


class LoopOptions(Protocol):
    """The request budget; see `PollOptions`."""

    @property
    def requests_per_min(self) -> int:
        """How many tokens a minute refill the bucket."""
        ...

    @property
    def bucket(self) -> int:
        """How many it holds."""
        ...

    @property
    def reserve(self) -> int:
        """How many of them background reads leave to the user."""
        ...

    @property
    def in_flight(self) -> int:
        """How many reads run at once."""
        ...


class ReadingLoop(ABC):
    """Reads for one scope within its budget and keeps the store fresh.

    `focused` is false while nobody looks at the terminal: reads of visible things then come a third
    as often. Nothing is read before `run` or `poll_once`.
    """

    def __init__(
        self, backend: Connection, store: Store, log: ReadLog, options: LoopOptions, clock: Clock
    ) -> None:
        self.focused = True
        self._connection = backend
        self._store = store
        self._clock = clock
        self._log = log
        self._pace = options
        self._budget = Budget(
            clock.now(),
            per_min=options.requests_per_min,
            size=options.bucket,
            reserve=options.reserve,
        )
        self._till = Till(backend, self._budget, log.backoff, clock, self._is_preceded)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._is_running = False

    @property
    def scope(self) -> Scope:
        """The scope that it reads."""
        return self._connection.scope

    def refresh(self, everything: bool = False) -> None:
        """Read what is visible now, and with `everything` all lists too.

        Waits after failures and a refusal are forgotten; a pause that the server asked for is not.
        """
        now = self._clock.now()
        self._log.fresh_after = now
        if everything:
            self._log.all_fresh_after = now
        self._log.backoff.forgive()
        self._wake.set()

    async def run(self) -> None:
        """Keep the store fresh until cancelled."""
        paint = asyncio.create_task(self._paint())
        self._is_running = True
        try:
            while True:
                self._wake.clear()
                started = self._start_reads()
                self._tell_health()
                if not started and await self._work_out():
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
        that follows from another one is done in the same call.
        """
        await self._paint()
        done: list[str] = []
        while True:
            while await self._work_out():
                pass
            read = next((r for r in self._affordable() if r.name not in done), None)
            if read is None:
                self._tell_health()
                return tuple(done)
            await self._begin(read)
            done.append(read.name)

    async def ask(self, kind: ReadKind, parent: str = "", id: str = "", *, limit: int = 0) -> None:
        """Do one read for someone who waits, after one of the same name that is under way.

        Raises:
            ApiError: The backend failed; what was stored before stays.
        """
        read = Read(kind, Priority.USER, self._clock.now(), parent, id, limit)
        running = self._under_way.get(read.name)
        if running is not None:
            await asyncio.wait([running])
        self._log.in_flight.add(read.name)
        try:
            with self._till.purse():
                await self._till.pay(read)
                await self._perform(read)
        except ApiError as error:
            self._note_failure(read, error)
            raise
        else:
            self._note_success(read)
        finally:
            self._ended(read)
            self._tell_health()

    # What is read

    @abstractmethod
    def retire(self) -> None:
        """Drop the answers to all that is still under way; further reads count again."""

    @abstractmethod
    def _plan(self, now: datetime) -> list[Read]:
        """Return the next reads, most urgent first, with the earliest time of each."""

    @abstractmethod
    async def _perform(self, read: Read) -> None:
        """Carry out one read and store what it brings; its first request is paid."""

    @abstractmethod
    def _health(self, now: datetime) -> Health:
        """Return how the scope is doing, but for the count of requests."""

    @abstractmethod
    async def _paint(self) -> None:
        """Put in the store what is known before any read."""

    async def _work_out(self) -> bool:
        """Do a slice of work that needs no request; whether more may be left."""
        return False

    def _next_event_at(self) -> datetime | None:
        """When something other than a read comes next, local; `None` if nothing does."""
        return None

    @abstractmethod
    def _failed(self, read: Read, trouble: Trouble) -> None:
        """Take note of a failed read; the trouble is not told to the store yet."""

    def _is_told(self, read: Read) -> bool:
        """Whether the partition of a read shows its trouble."""
        return read.partition is not None

    @abstractmethod
    def _succeeded(self, read: Read) -> None:
        """Take note of a read that worked."""

    # How it is read

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
            if len(self._under_way) >= self._pace.in_flight:
                break
            if self._till.may_start(read, self._clock.now()):
                self._begin(read)
                is_started = True
        return is_started

    def _begin(self, read: Read) -> asyncio.Task[None]:
        """Pay for the first request of a read and set it going."""
        self._till.start()
        self._log.in_flight.add(read.name)
        task = asyncio.create_task(self._carry_out(read), name=read.name)
        self._under_way[read.name] = task
        return task

    async def _carry_out(self, read: Read) -> None:
        """Carry out a read; what goes wrong becomes trouble, not an exception."""
        try:
            with self._till.purse(prepaid=1):
                await self._perform(read)
        except ApiError as error:
            self._note_failure(read, error)
        else:
            self._note_success(read)
        finally:
            self._ended(read)

    def _ended(self, read: Read) -> None:
        if read.priority is Priority.BACKGROUND:
            self._log.looked_after[str(read.kind)] = self._clock.now()
        self._log.ended[read.name] = self._clock.now()
        self._log.in_flight.discard(read.name)
        self._under_way.pop(read.name, None)
        self._wake.set()

    def _note_success(self, read: Read) -> None:
        self._log.last_success_at = self._clock.now()
        self._log.backoff.succeeded(read)
        if read.partition:
            self._store.set_trouble(self.scope, *read.partition, None)
        self._succeeded(read)

    def _note_failure(self, read: Read, error: ApiError) -> None:
        trouble = self._log.backoff.failed(read, error, self._clock.now())
        if read.partition and self._is_told(read):
            self._store.set_trouble(self.scope, *read.partition, trouble)
        self._failed(read, trouble)

    def _is_preceded(self, read: Read, now: datetime) -> bool:
        """Whether a more urgent read that is due should have the next request; wakes it if so."""
        if not self._is_running or len(self._under_way) >= self._pace.in_flight:
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
        if len(self._under_way) >= self._pace.in_flight:
            return LONGEST_SLEEP_S
        times = [now + timedelta(seconds=LONGEST_SLEEP_S)]
        for read in self._plan(now):
            paid = self._budget.ready_at(now, is_user=read.is_user)
            times.append(max(read.at, paid))
        event = self._next_event_at()
        if event is not None:
            times.append(event)
        return max((min(times) - now).total_seconds(), SHORTEST_SLEEP_S)

    def _tell_health(self) -> None:
        now = self._clock.now()
        count = self._budget.sent_last_min(now)
        self._store.set_health(replace(self._health(now), requests_last_min=count))


def jitter() -> random_numbers.Random:
    """Return the source of the jitter of waits."""
    return random_numbers.Random()  # noqa: S311  # nothing secret depends on it
