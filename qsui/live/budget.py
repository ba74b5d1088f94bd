"""The request budget of one profile: a token bucket that no read gets around.

It refills at `per_min` tokens a minute, holds at most `size` and starts full, so any 60 seconds see
at most `per_min + size` requests. Background reads leave the last `reserve` tokens to the user.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MINUTE = timedelta(seconds=60)
_SLACK = 1e-6


class Budget:
    """Counts requests against the allowance; it never waits itself."""

    def __init__(self, now: datetime, *, per_min: int, size: int, reserve: int) -> None:
        self.per_min = per_min
        self._size = float(size)
        self._reserve = float(min(reserve, size - 1))
        self._level = float(size)
        self._at = now
        self._sent: deque[datetime] = deque()

    def level(self, now: datetime) -> float:
        """Tokens left; below zero if a read cost more than it was thought to."""
        self._refill(now)
        return self._level

    def can_take(self, now: datetime, *, is_user: bool, count: int = 1) -> bool:
        """Whether that many requests may be sent now."""
        self._refill(now)
        return self._level - count >= self._floor(is_user) - _SLACK

    def take(self, now: datetime, count: int = 1) -> None:
        """Pay for requests that are being sent."""
        self._refill(now)
        self._level -= count
        self._sent.extend(now for _ in range(count))

    def give_back(self, count: int) -> None:
        """Take back payment for requests that were not sent after all."""
        self._level = min(self._size, self._level + count)
        for _ in range(min(count, len(self._sent))):
            self._sent.pop()

    def ready_at(self, now: datetime, *, is_user: bool, count: int = 1) -> datetime:
        """When that many requests may be sent at the earliest; `now` if at once."""
        if self.can_take(now, is_user=is_user, count=count):
            return now
        short = self._floor(is_user) + count - self._level
        return now + timedelta(seconds=short * 60.0 / self.per_min)

    def sent_last_min(self, now: datetime) -> int:
        """Requests paid for in the last 60 s."""
        self._forget(now)
        return len(self._sent)

    def _floor(self, is_user: bool) -> float:
        return 0.0 if is_user else self._reserve

    def _refill(self, now: datetime) -> None:
        passed = (now - self._at).total_seconds()
        self._at = now
        if passed > 0:
            self._level = min(self._size, self._level + passed * self.per_min / 60.0)
        self._forget(now)

    def _forget(self, now: datetime) -> None:
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
