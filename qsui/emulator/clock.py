"""Virtual time: runs at a chosen speed from a chosen start, or stands still and is moved by hand.

All instants inside the emulator are whole microseconds since 1970 (UTC); `datetime` values appear
only at its edges.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time; a naive one counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC time of `us` microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


class VirtualClock:
    """The emulator's only source of time.

    `speed` is virtual seconds per real second; 0 is a clock that moves only by `move_to`. It never
    goes back.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        speed: float = 1.0,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed < 0:
            raise ValueError(f"speed must be 0 or more, not {speed}")
        self.speed = speed
        self._real = real
        self._base_us = to_us(start or datetime.now(UTC))
        self._base_real = real()

    def now_us(self) -> int:
        """Virtual now, microseconds since 1970."""
        if not self.speed:
            return self._base_us
        return self._base_us + int((self._real() - self._base_real) * self.speed * SECOND)

    def now(self) -> datetime:
        """Virtual now, aware UTC."""
        return from_us(self.now_us())

    def move_to(self, us: int) -> None:
        """Jump forward to `us`; an instant in the past is ignored."""
        if us > self.now_us():
            self._base_us = us
            self._base_real = self._real()

    def real_delay_s(self, us: int) -> float | None:
        """Real seconds until virtual `us` (0 if past), or None if the clock stands still."""
        ahead = us - self.now_us()
        if ahead <= 0:
            return 0.0
        return ahead / SECOND / self.speed if self.speed else None
