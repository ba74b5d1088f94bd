"""When a run is due, and whether it should have been seen by now.

A run whose id names slot *n-1* is due at fire *n* (offset 1). The usual start lag, and whether this
server names the slot that way or by the fire itself (offset 0), is learned from runs whose start is
known. Until five of them agree, offset 1 is assumed: it can only make an alarm later, never wrong.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from qsui.domain import cron as crons
from qsui.domain.durations import middle
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qsui.domain.cron import Cron
    from qsui.domain.models import Run, Schedule

WINDOW = 64  # fires looked back at: the due times of 60 runs without gaps are among them
LAGS = 30
LEARNED_FROM = 5
AGREEMENT = 0.8
LEAST_LAG = timedelta(minutes=2)
LEAST_MARGIN = timedelta(minutes=5)
LEAST_MISSED = timedelta(minutes=30)

_EARLIEST = timedelta(seconds=-30)  # two clocks may differ
_ZERO = timedelta(0)
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StartLag:
    """What is known of the time from due to start.

    `offset` is how many intervals a run is due after its slot. `median`, `p95` and `spread` (median
    absolute deviation) are of the last `runs` starts, at most 30; `p95` only once learned.
    """

    offset: int = 1
    is_learned: bool = False
    runs: int = 0
    median: timedelta | None = None
    p95: timedelta | None = None
    spread: timedelta = _ZERO


@dataclass(frozen=True, slots=True)
class DueInfo:
    """One fire and the times that matter for it, aware UTC, ascending.

    A read at `expect_by` should find its run; without one it is late from `late_at` and missed from
    `missed_at`.
    """

    due_at: datetime
    expect_by: datetime
    late_at: datetime
    missed_at: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """The fires of a schedule up to now, and what is missing among them.

    `runs` are all runs with their due time (its slot for a manual one), newest first. `fires` are
    at most 64 that passed, oldest first; `first_due` is the first of all that counts (after the
    start and the last edit), `covered` those with a run, `open` those without one since the last
    that has one. `is_cut` says that more than `open` are missing, back to `missing_from`. `next_at`
    is the next due time, `fires_change_at` when `fires` will be others.
    """

    runs: tuple[tuple[datetime | None, Run], ...]
    lag: StartLag
    fires: tuple[datetime, ...] = ()
    covered: frozenset[datetime] = frozenset()
    open: tuple[DueInfo, ...] = ()
    first_due: datetime | None = None
    missing_from: datetime | None = None
    is_cut: bool = False
    next_at: datetime | None = None
    fires_change_at: datetime | None = None


def timetable(
    schedule: Schedule,
    runs: Sequence[Run],
    now: datetime,
    *,
    enabled_since: datetime | None = None,
) -> Timetable:
    """Set the known runs (any order) against the fires of the schedule's expression."""
    cron = crons.try_parse(schedule.cron)
    newest_first = sorted(runs, key=_slot_or_start, reverse=True)
    if cron is None:
        return Timetable(tuple((run.slot_at, run) for run in newest_first), StartLag())
    if cron.is_once:
        return _once(schedule, cron, newest_first, now)
    fires = crons.previous_fires(cron, now.replace(second=0, microsecond=0), WINDOW)
    lag = learn(cron, fires, newest_first)
    placed = _latest_first((due_of(run, cron, lag.offset, fires), run) for run in newest_first)
    covered = frozenset(due for due, run in placed if due is not None and not run.is_manual)
    floor = _floor(schedule, enabled_since, newest_first)
    first = crons.due_fire_after(schedule, cron, floor) if floor else None
    last_covered = max(covered, default=_NO_TIME)
    missing_from = max(first, crons.next_fire(cron, last_covered) or first) if first else None
    following = crons.next_fire(cron, now)
    missing = _missing(schedule, zip(fires, (*fires[1:], following), strict=False), missing_from)
    return Timetable(
        runs=placed,
        lag=lag,
        fires=fires,
        covered=covered,
        open=tuple(_times(fire, after, lag, ran=bool(covered)) for fire, after in missing),
        first_due=first,
        missing_from=missing_from,
        is_cut=bool(missing and missing_from and missing_from < missing[0][0]),
        next_at=crons.due_fire_after(schedule, cron, now),
        fires_change_at=following,
    )


def learn(cron: Cron, fires: tuple[datetime, ...], newest_first: Sequence[Run]) -> StartLag:
    """Learn offset and start lag from the scheduled runs among `fires` (oldest first)."""
    by_slot: list[timedelta] = []
    by_next: list[timedelta] = []
    seen_at_its_slot = False
    for run in newest_first:
        slot = run.slot_at
        if slot is None or run.is_manual:
            continue
        at = bisect_right(fires, slot)
        if at == 0 or len(by_slot) == LAGS:
            break
        if fires[at - 1] != slot:
            continue
        seen_at_its_slot = seen_at_its_slot or at == len(fires)
        start = run.started_at
        due = fires[at] if at < len(fires) else crons.next_fire(cron, slot)
        if start is not None and due is not None:
            by_slot.append(start - slot)
            by_next.append(start - due)
    return _weigh(by_slot, by_next, seen_at_its_slot=seen_at_its_slot)


def due_of(
    run: Run, cron: Cron | None, offset: int, fires: tuple[datetime, ...] = ()
) -> datetime | None:
    """Return when `run` was due, aware UTC: its slot for a manual run or without an expression.

    `fires` (oldest first, without gaps) spares a search.
    """
    slot = run.slot_at
    if slot is None or run.is_manual or cron is None or cron.is_once or offset == 0:
        return slot
    at = bisect_right(fires, slot)
    if 0 < at < len(fires):
        return fires[at]
    return crons.next_fire(cron, slot) or slot


def due_info(
    schedule: Schedule,
    runs: Sequence[Run],
    now: datetime,
    *,
    read_at: datetime | None = None,
    enabled_since: datetime | None = None,
) -> DueInfo | None:
    """Return the fire to look out for: the oldest passed one without a run, else the next.

    A passed fire counts until it is missed at `read_at`, the last read of the runs (default: now),
    so that `expect_by` and `missed_at` can each cause one read. `None` if nothing is due any more:
    not enabled, past its end, or an expression that cannot be read.
    """
    if schedule.state is not ScheduleState.ENABLED:
        return None
    table = timetable(schedule, runs, now, enabled_since=enabled_since)
    for fire in table.open:
        if fire.missed_at > (read_at or now):
            return fire
    if table.next_at is None:
        return None
    cron = crons.parse(schedule.cron)
    following = crons.next_fire(cron, table.next_at)
    return _times(table.next_at, following, table.lag, ran=bool(table.covered))


def _weigh(
    by_slot: list[timedelta], by_next: list[timedelta], *, seen_at_its_slot: bool
) -> StartLag:
    """Choose the offset for which starts come after the due time."""
    count = len(by_slot)
    after_next = sum(lag >= _EARLIEST for lag in by_next)
    if count >= LEARNED_FROM and after_next >= AGREEMENT * count:
        return _measured(1, by_next)
    if count >= LEARNED_FROM and count - after_next >= AGREEMENT * count:
        return _measured(0, by_slot)
    offset = 0 if not after_next and (count or seen_at_its_slot) else 1
    lags = [lag for lag in (by_next if offset else by_slot) if lag >= _EARLIEST]
    median = middle(sorted(max(lag, _ZERO) for lag in lags)) if lags else None
    return StartLag(offset=offset, runs=len(lags), median=median)


def _measured(offset: int, lags: list[timedelta]) -> StartLag:
    ordered = sorted(max(lag, _ZERO) for lag in lags if lag >= _EARLIEST)
    median = middle(ordered)
    return StartLag(
        offset=offset,
        is_learned=True,
        runs=len(ordered),
        median=median,
        p95=ordered[ceil(0.95 * len(ordered)) - 1],
        spread=middle(sorted(abs(lag - median) for lag in ordered)),
    )


def _times(
    due: datetime, following: datetime | None, lag: StartLag, *, ran: bool = False
) -> DueInfo:
    """The limits of one fire; the usual lag counts for at most one interval.

    If no run of the schedule is known (`ran`), only a whole interval without one is an alarm.
    """
    gap = following - due if following else timedelta.max
    usual = min(max(lag.p95 or _ZERO, LEAST_LAG), gap)
    expect_by = due + usual
    late_at = expect_by + max(min(2 * lag.spread, gap), LEAST_MARGIN)
    if following and not lag.is_learned:
        missed_at = following
        late_at = late_at if ran else max(late_at, following)
    else:
        missed_at = due + min(max(3 * usual, LEAST_MISSED), gap)
    return DueInfo(due, expect_by, late_at, max(late_at, missed_at))


def _missing(
    schedule: Schedule,
    fires_with_next: Iterable[tuple[datetime, datetime | None]],
    missing_from: datetime | None,
) -> list[tuple[datetime, datetime | None]]:
    """The fires from then on that lie before the schedule's end."""
    if missing_from is None:
        return []
    end = schedule.end_at
    return [
        (fire, after)
        for fire, after in fires_with_next
        if fire >= missing_from and not (end and fire > end)
    ]


def _floor(
    schedule: Schedule, enabled_since: datetime | None, newest_first: Sequence[Run]
) -> datetime | None:
    """The moment after which fires count: creation, last edit, last switch-on.

    If the server sent none of them, the oldest known run.
    """
    times = [t for t in (schedule.created_at, schedule.updated_at, enabled_since) if t]
    if times:
        return max(times)
    return schedule.start_at or (newest_first[-1].slot_at if newest_first else None)


def _once(schedule: Schedule, cron: Cron, newest_first: Sequence[Run], now: datetime) -> Timetable:
    due = crons.due_fire_after(schedule, cron, _NO_TIME)
    placed = tuple((run.slot_at, run) for run in newest_first)
    has_run = any(not run.is_manual for run in newest_first)
    is_past = due is not None and due <= now
    return Timetable(
        runs=placed,
        lag=StartLag(offset=0),
        open=(_times(due, None, StartLag()),) if due and is_past and not has_run else (),
        first_due=due,
        missing_from=due,
        next_at=None if is_past else due,
        fires_change_at=None if is_past else due,
    )


def _latest_first(
    placed: Iterable[tuple[datetime | None, Run]],
) -> tuple[tuple[datetime | None, Run], ...]:
    """Sort by due time: a manual run's slot is its start, a scheduled one's lies before it."""
    return tuple(sorted(placed, key=lambda pair: pair[0] or _NO_TIME, reverse=True))


def _slot_or_start(run: Run) -> datetime:
    return run.slot_at or run.started_at or _NO_TIME
