"""Where reads pay for their requests, the most urgent first.

A read is paid for before it is sent: its first request when it starts, each page after that here. A
backend that tells of every request it sends (`TellsRequests`) has its own retries, probes and token
calls charged as well, and what was paid for but not sent is given back.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from qsui.domain.ports import Clock
    from qsui.live.backoff import Backoff
    from qsui.live.budget import Budget
    from qsui.live.reading import Priority, Read

SHORTEST_SLEEP_S = 0.1


@runtime_checkable
class TellsRequests(Protocol):
    """A backend that says when a request leaves, in the task that made it."""

    def on_request(self, callback: Callable[[str], None]) -> None:
        """Call back for every request that leaves, repeats and token calls too."""
        ...


@dataclass(slots=True)
class _Purse:
    """What one read has paid for and not sent yet."""

    left: int = 0


_purse: ContextVar[_Purse | None] = ContextVar("purse of the current read", default=None)


class Till:
    """Takes payment for one scope; `precedes` says whether a more urgent read should go first."""

    def __init__(
        self,
        backend: object,
        budget: Budget,
        backoff: Backoff,
        clock: Clock,
        precedes: Callable[[Read, datetime], bool],
    ) -> None:
        self._budget = budget
        self._backoff = backoff
        self._clock = clock
        self._precedes = precedes
        self._waiting: list[Priority] = []
        self._is_told = isinstance(backend, TellsRequests)
        if isinstance(backend, TellsRequests):
            backend.on_request(self._on_request)

    def may_start(self, read: Read, now: datetime) -> bool:
        """Whether a read may send its first request now."""
        if any(priority < read.priority for priority in self._waiting):
            return False
        return self._budget.can_take(now, is_user=read.is_user)

    def start(self) -> None:
        """Pay for the first request of a read; it is spent within `purse(prepaid=1)`."""
        self._budget.take(self._clock.now())

    @contextmanager
    def purse(self, *, prepaid: int = 0) -> Iterator[None]:
        """Charge what the enclosed read sends to what it pays."""
        purse = _Purse(prepaid)
        token = _purse.set(purse)
        try:
            yield
        finally:
            _purse.reset(token)
            if self._is_told:
                self._budget.give_back(purse.left)

    async def pay(self, read: Read) -> None:
        """Wait until one more request may be sent, and pay for it."""
        self._waiting.append(read.priority)
        try:
            while True:
                now = self._clock.now()
                ready = self._budget.ready_at(now, is_user=read.is_user)
                paused = self._backoff.paused_until
                if paused and paused > ready:
                    ready = paused
                is_first = min(self._waiting) >= read.priority
                if ready <= now and is_first and not self._precedes(read, now):
                    break
                wait = (ready - now).total_seconds()
                await self._clock.sleep(max(wait, SHORTEST_SLEEP_S))
        finally:
            self._waiting.remove(read.priority)
        self._budget.take(now)
        purse = _purse.get()
        if purse is not None:
            purse.left += 1

    def _on_request(self, _what: str) -> None:
        purse = _purse.get()
        if purse is not None and purse.left > 0:
            purse.left -= 1
        else:
            self._budget.take(self._clock.now())
