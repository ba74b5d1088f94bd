"""What another expression would change: the next runs, how many a day, and whether they overlap.

Pure values for the preview of an edit; times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from qsui.domain.cron import Cron, count_fires, due_fire_after, fires_on, next_fire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.domain.models import Schedule

_DAY = timedelta(days=1)
_YEARS = timedelta(days=1461)  # with one 29 February
_GAP_DAYS = 1461


class Side(StrEnum):
    """Whether a fire is only in the old expression, only in the new one, or in both."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Fire:
    """One fire of the old or the new expression."""

    at: datetime
    side: Side


class Overlap(StrEnum):
    """Whether a run still runs when the next one is due."""

    UNKNOWN = "not known"  # no run of it was measured
    NONE = "none"
    SOMETIMES = "sometimes"  # the longest known run is longer than the smallest gap
    USUAL = "usually"  # the median is


def dues(
    schedule: Schedule, cron: Cron, after: datetime, *, has_run: bool = False
) -> Iterator[datetime]:
    """Yield the moments later than `after` at which runs are due if `cron` were the schedule's.

    The state is not looked at: what is off fires once it is on again. `@once` is due at its start,
    at once if that is past, and never again after a first run (`has_run`).
    """
    if cron.is_once:
        if not has_run:
            start = schedule.start_at
            only = start if start and start > after else after
            if not (schedule.end_at and only > schedule.end_at):
                yield only
        return
    at = due_fire_after(schedule, cron, after)
    while at is not None:
        yield at
        at = due_fire_after(schedule, cron, at)


def first_dues(
    schedule: Schedule, cron: Cron, after: datetime, count: int, *, has_run: bool = False
) -> tuple[datetime, ...]:
    """Return the first `count` of `dues`, soonest first."""
    return tuple(islice(dues(schedule, cron, after, has_run=has_run), count))


def diff(old: tuple[datetime, ...], new: tuple[datetime, ...], count: int) -> tuple[Fire, ...]:
    """Return the first `count` of two lists of fires as one, in the order of time.

    Each list must hold its first `count` fires, fewer only if there are no more.
    """
    before, after = frozenset(old), frozenset(new)
    merged = sorted(before | after)[:count]
    return tuple(Fire(at, _side(at in before, at in after)) for at in merged)


def _side(was: bool, will_be: bool) -> Side:
    if was and will_be:
        return Side.SAME
    return Side.ADDED if will_be else Side.REMOVED


def runs_a_day(cron: Cron, now: datetime) -> float:
    """Return how often it fires a day, on average over four years; 0 for `@once` and never."""
    if cron.is_never:
        return 0.0
    return count_fires(cron, now, now + _YEARS) / (_YEARS / _DAY)


def smallest_gap(cron: Cron, now: datetime) -> timedelta | None:
    """Return the shortest time between two fires of the next four years; `None` if it has none."""
    if cron.is_never:
        return None
    minutes = [hour * 60 + minute for hour in cron.hours for minute in cron.minutes]
    gaps = [later - earlier for earlier, later in pairwise(minutes)]
    apart = _closest_days(cron, now.date(), at_once=1 in gaps)
    if apart:
        gaps.append(apart * 24 * 60 - minutes[-1] + minutes[0])
    return timedelta(minutes=min(gaps)) if gaps else None


def _closest_days(cron: Cron, today: date, *, at_once: bool) -> int:
    """Return the fewest days between two days on which it fires; 0 if there are no two."""
    if at_once or _fires_every_day(cron):
        return 1
    best, last = 0, None
    for n in range(_GAP_DAYS):
        day = today + n * _DAY
        if not fires_on(cron, day):
            continue
        if last is not None:
            best = min(best or _GAP_DAYS, (day - last).days)
        if best == 1:
            break
        last = day
    return best


def _fires_every_day(cron: Cron) -> bool:
    return cron.every_day and cron.every_weekday and len(cron.months) == 12


def overlap(gap: timedelta | None, median: timedelta | None, longest: timedelta | None) -> Overlap:
    """Tell from known durations whether runs `gap` apart get in each other's way."""
    if gap is None:
        return Overlap.NONE
    if median is None and longest is None:
        return Overlap.UNKNOWN
    if median is not None and median >= gap:
        return Overlap.USUAL
    return Overlap.SOMETIMES if longest is not None and longest >= gap else Overlap.NONE


@dataclass(frozen=True, slots=True)
class Effect:
    """What a new expression does to a schedule, seen from one moment.

    `old` and `new` are `None` if they cannot be read. Pairs are before and after. `first` is when
    the first run is due after saving, `None` if never; `ends_first` says that only the schedule's
    end date keeps it from firing. Without a new one the fires of the old one are listed.
    """

    old: Cron | None
    new: Cron | None
    fires: tuple[Fire, ...] = ()
    first: datetime | None = None
    ends_first: bool = False
    a_day: tuple[float, float] = (0.0, 0.0)
    gaps: tuple[timedelta | None, timedelta | None] = (None, None)

    @property
    def is_same(self) -> bool:
        """Whether both fire at the same times, however they are written."""
        return self.old is not None and self.new is not None and _sets(self.old) == _sets(self.new)


def effect(
    schedule: Schedule,
    old: Cron | None,
    new: Cron | None,
    now: datetime,
    *,
    count: int,
    has_run: bool = False,
) -> Effect:
    """Compare two expressions of one schedule; `count` fires of both together are listed."""
    before = _listed(schedule, old, now, count, has_run=has_run)
    after = _listed(schedule, new, now, count, has_run=has_run)
    fires = diff(before, after if new is not None else before, count)
    ends_first = False
    if new is not None and not after and not new.is_never:
        ends_first = next_fire(new, now) is not None
    return Effect(
        old,
        new,
        fires,
        first=after[0] if after else None,
        ends_first=ends_first,
        a_day=(_rate(old, now), _rate(new, now)),
        gaps=(_gap(old, now), _gap(new, now)),
    )


def _listed(
    schedule: Schedule, cron: Cron | None, now: datetime, count: int, *, has_run: bool
) -> tuple[datetime, ...]:
    if cron is None:
        return ()
    return first_dues(schedule, cron, now, count, has_run=has_run)


def _rate(cron: Cron | None, now: datetime) -> float:
    return runs_a_day(cron, now) if cron is not None else 0.0


def _gap(cron: Cron | None, now: datetime) -> timedelta | None:
    return smallest_gap(cron, now) if cron is not None else None


def _sets(cron: Cron) -> tuple[object, ...]:
    days = (cron.days, cron.weekdays, cron.every_day, cron.every_weekday)
    if _fires_every_day(cron):
        days = (frozenset(), frozenset(), True, True)
    return cron.minutes, cron.hours, cron.months, days, cron.is_once


def minutes_in(cron: Cron | None, hour: datetime) -> frozenset[int]:
    """Return the minutes at which it fires in the hour that begins at `hour`."""
    if cron is None or hour.hour not in cron.hours or not fires_on(cron, hour.date()):
        return frozenset()
    return frozenset(cron.minutes)


@lru_cache(maxsize=64)
def next_shift(zone: tzinfo, after: date) -> tuple[date, timedelta] | None:
    """Return the next change of a zone's clocks: its local day, and by how much they move.

    `None` if they stay for a year from the day `after` on.
    """
    noon = datetime(after.year, after.month, after.day, 12, tzinfo=UTC)
    before = noon.astimezone(zone).utcoffset() or timedelta()
    for n in range(1, 367):
        local = (noon + n * _DAY).astimezone(zone)
        offset = local.utcoffset() or timedelta()
        if offset != before:
            return local.date(), offset - before
    return None
