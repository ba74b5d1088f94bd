"""How long a run of a schedule usually takes, and from when on one is slow.

Works on the logarithm of the seconds of the last 30 successes, since durations are skewed; manual
runs count too. With fewer than five runs nothing is called slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import exp, log
from typing import TYPE_CHECKING, TypeVar

from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qsui.domain.models import Run

T = TypeVar("T", float, timedelta)

RUNS = 30
JUDGED_FROM = 5
SLOW_Z = 3.0
SLOW_LEAST = timedelta(minutes=5)

_DEVIATION_OF_MAD = 1.4826  # median absolute deviation to standard deviation, normal distribution


@dataclass(frozen=True, slots=True)
class Pace:
    """The usual duration over `runs` successes; `slow_after` is `None` while it is not known."""

    runs: int = 0
    median: timedelta | None = None
    slow_after: timedelta | None = None

    def ratio(self, duration: timedelta | None) -> float | None:
        """Return `duration` over the median; `None` if either is unknown."""
        if not self.median or duration is None:
            return None
        return duration / self.median


def measured(newest_first: Iterable[Run]) -> list[timedelta | None]:
    """Return the durations of the newest 30 successes, each at its run's place; `None` elsewhere.

    The list ends where the thirtieth was found.
    """
    found: list[timedelta | None] = []
    good = 0
    for run in newest_first:
        state = run.state
        took = run.duration if state is RunState.SUCCESS or state is RunState.WARNING else None
        found.append(took)
        if took is not None:
            good += 1
            if good == RUNS:
                break
    return found


def pace(durations: Iterable[timedelta | None]) -> Pace:
    """Find what is usual among the durations of successes; `None` are left out."""
    seconds = [took.total_seconds() for took in durations if took is not None]
    if not seconds:
        return Pace()
    seconds.sort()
    median = timedelta(seconds=middle(seconds))
    if len(seconds) < JUDGED_FROM:
        return Pace(len(seconds), median)
    logs = [log(max(value, 1.0)) for value in seconds]
    centre = middle(logs)
    deviation = _DEVIATION_OF_MAD * middle(sorted(abs(value - centre) for value in logs))
    unusual = timedelta(seconds=min(exp(centre + SLOW_Z * deviation), 1e9))
    return Pace(len(seconds), median, max(unusual, median + SLOW_LEAST))


def middle(ordered: Sequence[T]) -> T:
    """Return the median of ascending values, at least one."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
