"""What all reads of one scope share: the outside, the store, the plan's knowledge and the purse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, Page, QueryServiceReads
    from qsui.live.demands import PollOptions
    from qsui.live.knowledge import Knowledge
    from qsui.live.memory import Memory
    from qsui.live.reading import Read
    from qsui.live.store import Store

T = TypeVar("T")


class Paying(Protocol):
    """Waits until one more request may be sent, and pays for it."""

    async def __call__(self, read: Read) -> None:
        """Pay for the next request of a read."""
        ...


@dataclass(slots=True)
class Context:
    """Handed to every kind of read.

    `generation` counts up when answers under way are to be dropped. `flags` are the include-hidden
    and include-deleted that queries are asked with.
    """

    backend: QueryServiceReads
    store: Store
    knowledge: Knowledge
    memory: Memory
    clock: Clock
    options: PollOptions
    pay: Paying
    generation: int = 0
    flags: tuple[bool, bool] = (False, False)

    @property
    def scope(self) -> Scope:
        """The scope that all records belong to."""
        return self.backend.scope

    def server_now(self) -> datetime:
        """The server's time as far as known."""
        return self.clock.now() + self.backend.server_offset

    async def pages(self, read: Read, pages: AsyncIterator[Page[T]]) -> AsyncIterator[Page[T]]:
        """Yield pages and pay for each after the first; ends early if the generation changed."""
        generation = self.generation
        is_first = True
        while True:
            if not is_first:
                await self.pay(read)
            page = await anext(pages, None)
            if page is None or generation != self.generation:
                return
            is_first = False
            self.knowledge.bad_records += page.bad
            yield page
            if page.is_last:
                return
