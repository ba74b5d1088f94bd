"""What all reads of one scope share: the outside, the store, the plan's knowledge and the purse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from qsui.live.paging import paid_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, Page, QueryServiceReads
    from qsui.live.demands import PollOptions
    from qsui.live.knowledge import Knowledge
    from qsui.live.memory import Memory
    from qsui.live.paging import Paying
    from qsui.live.reading import Read
    from qsui.live.store import Store

T = TypeVar("T")


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

    def pages(self, read: Read, pages: AsyncIterator[Page[T]]) -> AsyncIterator[Page[T]]:
        """Yield pages and pay for each after the first; ends early if the generation changed."""
        return paid_pages(
            read, pages, pay=self.pay, log=self.knowledge, generation=lambda: self.generation
        )
