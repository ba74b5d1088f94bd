"""When a schedule's runs should be read because one is due.

A slot for which no run is known is looked for once at due plus the learned lag, and once more when
it would count as missed. Times are the server's.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain import cron

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from qsui.domain.models import Run, Schedule

LEAST_LAG = timedelta(minutes=2)
LEAST_MISSED = timedelta(minutes=30)
EARLY = timedelta(minutes=1)
ENOUGH_RUNS = 5


@dataclass(frozen=True, slots=True)
class Due:
    """A fire to be looked for: `at` is when to look, `is_last` whether it is the second time."""

    schedule: Schedule
    due_at: datetime
    at: datetime
    lag: timedelta
    is_last: bool = False


class DueBook:
    """The next look of each schedule, soonest first."""

    def __init__(self) -> None:
        self._dues: dict[str, Due] = {}
        self._heap: list[tuple[datetime, str]] = []

    def expects(self, schedule_id: str) -> bool:
        """Whether a look at a schedule is planned."""
        return schedule_id in self._dues

    def forget(self, schedule_id: str) -> None:
        """Look no more for runs of a schedule."""
        self._dues.pop(schedule_id, None)

    def begin(self, schedule: Schedule, runs: Iterable[Run], after: datetime) -> None:
        """Expect the first fire later than `after`; none if the schedule fires no more."""
        due_at = cron.next_fire_of(schedule, after)
        if due_at is None:
            self.forget(schedule.id)
            return
        lag = lag_of(schedule, runs)
        self._put(Due(schedule, due_at, due_at + lag, lag))

    def ready(self, now: datetime) -> Iterator[Due]:
        """Take out and yield every look whose time has come."""
        while self._heap and self._heap[0][0] <= now:
            at, id = heapq.heappop(self._heap)
            due = self._dues.get(id)
            if due is not None and due.at == at:
                del self._dues[id]
                yield due

    def look_again(self, due: Due) -> bool:
        """Expect the second look, when the slot would count as missed; false if it was that."""
        if due.is_last:
            return False
        at = due.due_at + max(3 * due.lag, LEAST_MISSED)
        following = cron.next_fire_of(due.schedule, due.due_at)
        if following is not None and following <= at:
            return False  # the next fire's own look comes first
        self._put(Due(due.schedule, due.due_at, at, due.lag, is_last=True))
        return True

    def next_at(self) -> datetime | None:
        """When `ready` yields something, at the earliest."""
        return self._heap[0][0] if self._heap else None

    def _put(self, due: Due) -> None:
        self._dues[due.schedule.id] = due
        heapq.heappush(self._heap, (due.at, due.schedule.id))


def is_seen(due_at: datetime, schedule: Schedule, runs: Iterable[Run]) -> bool:
    """Whether a scheduled run for that fire is known.

    It started at or after the fire; or, while its start is unknown, its slot is not older than the
    fire before.
    """
    fire_before: datetime | None = None
    is_parsed = False
    for run in runs:
        if run.is_manual:
            continue
        if run.started_at is not None:
            if run.started_at >= due_at - EARLY:
                return True
        elif run.slot_at is not None:
            if not is_parsed:
                parsed = cron.try_parse(schedule.cron)
                fire_before = cron.previous_fire(parsed, due_at) if parsed else None
                is_parsed = True
            if run.slot_at >= (fire_before or due_at):
                return True
    return False


def lag_of(schedule: Schedule, runs: Iterable[Run]) -> timedelta:
    """Return the 95th percentile of start minus due over the known runs: 2 min to one interval.

    Due is one interval after the slot; 2 min while fewer than five starts are known.
    """
    parsed = cron.try_parse(schedule.cron)
    if parsed is None or parsed.is_once:
        return LEAST_LAG
    known = [r for r in runs if r.slot_at and r.started_at and not r.is_manual]
    if len(known) < ENOUGH_RUNS:
        return LEAST_LAG
    lags: list[timedelta] = []
    interval = timedelta()
    for run in known:
        if run.slot_at and run.started_at:
            due_at = cron.next_fire(parsed, run.slot_at)
            if due_at:
                interval = due_at - run.slot_at
                lags.append(max(run.started_at - due_at, timedelta()))
    if not lags:
        return LEAST_LAG
    lags.sort()
    return max(LEAST_LAG, min(lags[int(0.95 * (len(lags) - 1) + 0.5)], interval))
