"""What all reads of one scope with jobs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from qsui.live.paging import paid_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, Page
    from qsui.domain.ports_workflows import WorkflowServerReads
    from qsui.live.jobs.knowledge import JobKnowledge
    from qsui.live.jobs.options import JobPollOptions
    from qsui.live.memory import Memory
    from qsui.live.paging import Paying
    from qsui.live.reading import Read
    from qsui.live.store import Store

T = TypeVar("T")


@dataclass(slots=True)
class JobContext:
    """Handed to every kind of read.

    `generation` counts up when answers under way are to be dropped. `looked_at` are the jobs that
    are open in a screen: their logs are kept.
    """

    backend: WorkflowServerReads
    store: Store
    knowledge: JobKnowledge
    memory: Memory
    clock: Clock
    options: JobPollOptions
    pay: Paying
    generation: int = 0
    looked_at: frozenset[str] = frozenset()

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

    async def pay_more(self, read: Read, count: int) -> None:
        """Pay for requests that a read makes beside its first; what is not sent comes back."""
        for _ in range(count):
            await self.pay(read)
