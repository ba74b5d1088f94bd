"""Reads for one verb: within its request budget, with notes on what was left out."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from qsui.domain.errors import BadResponse, Forbidden, NotFound, Rejected, ServerError
from qsui.domain.ports import Connection, ListsSchedules
from qsui.live.budget import Budget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from datetime import datetime

    from qsui.domain.ports import Clock, Page, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend

T = TypeVar("T")
A = TypeVar("A")

TOKENS = 100
IN_FLIGHT = 4
REFUSALS = (Forbidden, NotFound, Rejected, ServerError, BadResponse)


class Listing(Connection, ListsSchedules, Protocol):
    """What both kinds of server offer."""


B = TypeVar("B", bound=Listing)
B_co = TypeVar("B_co", bound=Listing, covariant=True)


@dataclass(slots=True)
class Reads(Generic[B_co]):
    """A backend, and the allowance of one verb.

    `notes` are sentences for stderr at the end: what was not read, and why; `say` prints one now.
    """

    backend: B_co
    clock: Clock
    budget: Budget
    say: Callable[[str], None]
    notes: list[str] = field(default_factory=list)
    bad_records: int = 0
    _asked: bool = False
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))

    @property
    def now(self) -> datetime:
        """The server's time as far as known, aware UTC."""
        return self.clock.now() + self.backend.server_offset

    @property
    def tokens_left(self) -> int:
        """How many requests may leave at once."""
        return max(0, int(self.budget.level(self.clock.now())))

    async def call(self, request: Callable[[], Awaitable[A]], *, cost: int = 1) -> A:
        """Await a request once the budget allows it; at most four at a time."""
        async with self._slots:
            await self.pay(cost)
            return await request()

    async def pages(self, pages: AsyncIterator[Page[T]]) -> AsyncIterator[Page[T]]:
        """Yield pages of a list, each paid for, until the last."""
        while True:
            await self.pay()
            page = await anext(pages, None)
            if page is None:
                return
            self.bad_records += page.bad
            yield page
            if page.is_last:
                return

    async def all(self, pages: AsyncIterator[Page[T]]) -> list[T]:
        """Read a list to its end."""
        return (await self.whole(pages))[0]

    async def whole(self, pages: AsyncIterator[Page[T]]) -> tuple[list[T], bool]:
        """Read a list to its end; and whether the server showed all of it."""
        records: list[T] = []
        is_whole = False
        async for page in self.pages(pages):
            records += page.records
            is_whole = page.is_last
        return records, is_whole

    async def each(self, items: Iterable[T], read: Callable[[T], Awaitable[A]]) -> list[A | None]:
        """Read something for each item, in order; `None` where the server refused.

        A refusal costs that item and leaves a note; no answer at all ends the verb.
        """
        refusals: list[str] = []

        async def one(item: T) -> A | None:
            try:
                return await self.call(lambda: read(item))
            except REFUSALS as error:
                refusals.append(str(error))
                return None

        found = await _gather(one(item) for item in items)
        if refusals:
            more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
            self.notes.append(f"{refusals[0]}{more}")
        return found

    async def learn_time(self) -> None:
        """Make a cheap call if none was made yet, so that `now` is the server's."""
        if self._asked:
            return
        with contextlib.suppress(*REFUSALS):
            async for _ in self.pages(self.backend.schedules(cap=1)):
                return

    async def pay(self, cost: int = 1) -> None:
        """Wait until that many requests may leave, and count them."""
        now = self.clock.now()
        while not self.budget.can_take(now, is_user=True, count=cost):
            ready = self.budget.ready_at(now, is_user=True, count=cost)
            await self.clock.sleep(max((ready - now).total_seconds(), 0.01))
            now = self.clock.now()
        self.budget.take(now, cost)
        self._asked = True


Reader: TypeAlias = "Reads[QueryServiceBackend]"
ServerReader: TypeAlias = "Reads[WorkflowServerBackend]"
AnyReader: TypeAlias = "Reads[Listing]"


def reader(backend: B, clock: Clock, requests_per_min: int, say: Callable[[str], None]) -> Reads[B]:
    """Return a reader with the full allowance of one verb."""
    budget = Budget(clock.now(), per_min=requests_per_min, size=TOKENS, reserve=0)
    return Reads(backend, clock, budget, say)


async def _gather(ways: Iterable[Awaitable[A]]) -> list[A]:
    """Await all; the first failure cancels the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_as_coroutine(way)) for way in ways]
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]


async def _as_coroutine(way: Awaitable[A]) -> A:
    return await way
