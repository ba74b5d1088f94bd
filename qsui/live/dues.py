"""When a schedule's runs should be read because one is due. Times are the server's.

The rule of what is due when, and from when on it counts as late or missed, is `domain/lateness.py`.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from qsui.domain.cron import next_fire_of
from qsui.domain.lateness import due_info

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from qsui.domain.models import Run, Schedule


def look_at(
    schedule: Schedule, runs: Sequence[Run], now: datetime, read_at: datetime
) -> datetime | None:
    """Return when to read the runs next, passed or not; `None` if none will be due.

    A fire without a run is looked for twice after `read_at`, the last read: when its run should be
    seen, and when it counts as missed. If the next fire comes before that, its own look will do.
    """
    due = due_info(schedule, runs, now, read_at=read_at)
    if due is None:
        return None
    if read_at < due.expect_by:
        return due.expect_by
    following = next_fire_of(schedule, due.due_at)
    if following is None or following > due.missed_at:
        return due.missed_at
    return following + (due.expect_by - due.due_at)


class DueBook:
    """The next look at each schedule, soonest first."""

    def __init__(self) -> None:
        self._looks: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def expects(self, schedule_id: str) -> bool:
        """Whether a look at a schedule is planned."""
        return schedule_id in self._looks

    def forget(self, schedule_id: str) -> None:
        """Look no more for runs of a schedule."""
        self._looks.pop(schedule_id, None)

    def put(self, schedule_id: str, at: datetime) -> None:
        """Plan a look, instead of another one at the same schedule."""
        if self._looks.get(schedule_id) != at:
            self._looks[schedule_id] = at
            heapq.heappush(self._heap, (at, schedule_id))

    def ready(self, now: datetime) -> Iterator[str]:
        """Take out and yield every schedule whose look has come."""
        while self._heap and self._heap[0][0] <= now:
            at, id = heapq.heappop(self._heap)
            if self._looks.get(id) == at:
                del self._looks[id]
                yield id

    def next_at(self) -> datetime | None:
        """When `ready` yields something, at the earliest."""
        return self._heap[0][0] if self._heap else None
