"""Cron expressions as Query Service takes them: read, checked and turned into fires.

The grammar is in `cron_grammar.py`. All times are aware UTC on whole minutes.

Two ways lead to a fire. `next_fire`, `previous_fires` and `count_fires` walk the sets of an
expression: microseconds, for the rows of a list. `next_fires` lists upcoming fires by
croniter, for a preview; croniter is imported only there. A day counts if it is a day of the month
*or* a day of the week that the expression names, unless one of the two fields is `*`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from qsui.domain.cron_grammar import Cron, CronError, expand, parse, try_parse
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from datetime import date

    from qsui.domain.models import Schedule

__all__ = [
    "Cron",
    "CronError",
    "count_fires",
    "due_fire_after",
    "expand",
    "fires_on",
    "interval",
    "is_same",
    "next_fire",
    "next_fire_of",
    "next_fires",
    "parse",
    "previous_fire",
    "previous_fires",
    "try_parse",
]

_MINUTE = timedelta(minutes=1)
_LAST_YEAR = 9000  # fires beyond it are not looked for; `datetime` ends at 9999
_FIRST_YEAR = 2
_MONTHS_SEARCHED = 12 * 9  # 29 February can be eight years away


@lru_cache(maxsize=4096)
def _next(cron: Cron, minute: datetime) -> datetime | None:
    """The first fire at or after a whole minute."""
    year, month, day = minute.year, minute.month, minute.day
    first = _later_minute(cron, minute.hour, minute.minute)
    days = _days(cron, year, month)
    if first and day in days:
        return datetime(year, month, day, *first, tzinfo=UTC)
    at = bisect_right(days, day)
    for _ in range(_MONTHS_SEARCHED):
        if at < len(days):
            return datetime(year, month, days[at], cron.hours[0], cron.minutes[0], tzinfo=UTC)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        if year > _LAST_YEAR:
            break
        days, at = _days(cron, year, month), 0
    return None


def next_fire(cron: Cron, after: datetime) -> datetime | None:
    """Return the first fire later than `after` (aware UTC), `None` if there is none."""
    if cron.is_never:
        return None
    return _next(cron, _floor(after) + _MINUTE)


def previous_fire(cron: Cron, before: datetime) -> datetime | None:
    """Return the last fire earlier than `before` (aware UTC), `None` if there is none."""
    if cron.is_never:
        return None
    floor = _floor(before)
    return _previous(cron, floor if floor < before else floor - _MINUTE)


@lru_cache(maxsize=4096)
def previous_fires(cron: Cron, minute: datetime, count: int) -> tuple[datetime, ...]:
    """Return the last `count` fires at or before a whole `minute` (aware UTC), oldest first."""
    if cron.is_never:
        return ()
    found: list[datetime] = []
    at: datetime | None = _floor(minute)
    while at is not None and len(found) < count:
        at = _previous(cron, at)
        if at is not None:
            found.append(at)
            at -= _MINUTE
    return tuple(reversed(found))


def count_fires(cron: Cron, after: datetime, until: datetime) -> int:
    """Count the fires in (`after`, `until`] (aware UTC) without walking them."""
    if cron.is_never or until <= after:
        return 0
    per_day = len(cron.hours) * len(cron.minutes)
    whole_days = 0
    year, month = after.year, after.month
    while (year, month) < (until.year, until.month):
        whole_days += len(_days(cron, year, month))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return whole_days * per_day + _rank(cron, until) - _rank(cron, after)


def next_fires(cron: Cron, after: datetime, count: int) -> tuple[datetime, ...]:
    """Return the first `count` fires later than `after` (aware UTC), soonest first.

    Empty for `@once` and for dates that do not exist. Costs about a millisecond: for one
    expression, not for a list.
    """
    if count <= 0 or cron.is_never:
        return ()
    return _listed(cron, _floor(after), count)


@lru_cache(maxsize=512)
def _listed(cron: Cron, after: datetime, count: int) -> tuple[datetime, ...]:
    from croniter import CroniterBadDateError, croniter

    walk = croniter(_plain(cron), after, ret_type=datetime, day_or=True)
    found: list[datetime] = []
    for _ in range(count):
        try:
            found.append(walk.get_next())
        except CroniterBadDateError:  # the next one is beyond croniter's horizon
            break
    return tuple(found)


def fires_on(cron: Cron, day: date) -> bool:
    """Whether it fires in any minute of a UTC day."""
    return not cron.is_never and day.day in _days(cron, day.year, day.month)


def interval(cron: Cron, at: datetime) -> timedelta:
    """Return the time between the last fire at or before `at` and the one after it.

    Zero if there are no two such fires (`@once`, dates that do not exist).
    """
    following = next_fire(cron, at)
    last = previous_fire(cron, at + _MINUTE)
    return following - last if following and last else timedelta(0)


def due_fire_after(schedule: Schedule, cron: Cron, after: datetime) -> datetime | None:
    """Return the first moment later than `after` at which a run is due, whatever the state.

    The first run is due one interval after the start: it covers the time from the first fire on. A
    run that is due after the end date does not happen. `@once` is due at the start date, or when it
    was made.
    """
    start, end = schedule.start_at, schedule.end_at
    if cron.is_once:
        fire = start or schedule.created_at
        return fire if fire and fire > after and not (end and fire > end) else None
    if start and start > after:
        first = next_fire(cron, start - _MINUTE if start == _floor(start) else start)
        after = max(after, first) if first else after
    fire = next_fire(cron, after)
    if fire and start:
        slot = previous_fire(cron, fire)
        if slot and slot < start:
            fire = next_fire(cron, fire)
    return fire if fire and not (end and fire > end) else None


def next_fire_of(schedule: Schedule, now: datetime) -> datetime | None:
    """Return when the next run is due: later than `now`, aware UTC.

    `None` unless the schedule is enabled, its expression can be read and a fire lies before its
    end. For a workflow schedule it is what the server says.
    """
    if schedule.runs_workflow:
        at = schedule.next_run_at
        is_on = schedule.state is ScheduleState.ENABLED
        return at if is_on and at is not None and at > now else None
    cron = try_parse(schedule.cron)
    if cron is None or schedule.state is not ScheduleState.ENABLED:
        return None
    return due_fire_after(schedule, cron, now)


def is_same(one: str, other: str) -> bool:
    """Whether two expressions fire at the same times, however they are spelled.

    What cannot be read is compared as text.
    """
    first, second = try_parse(one), try_parse(other)
    if first is None or second is None or first.is_once or second.is_once:
        return one.split() == other.split()
    return _times_of(first) == _times_of(second)


def _times_of(cron: Cron) -> tuple[object, ...]:
    """What decides the fires: named days that are all days are no choice of days."""
    days = None if cron.every_day or len(cron.days) == 31 else cron.days
    weekdays = None if cron.every_weekday or len(cron.weekdays) == 7 else cron.weekdays
    if not (cron.every_day or cron.every_weekday) and (days is None or weekdays is None):
        days = weekdays = None  # alternatives, one of which always holds
    return cron.minutes, cron.hours, cron.months, days, weekdays


def _plain(cron: Cron) -> str:
    """The expression in the few signs whose meaning nobody disputes: `*` and lists of numbers."""
    every_day, every_weekday = cron.every_day, cron.every_weekday
    if not (every_day or every_weekday) and (len(cron.days) == 31 or len(cron.weekdays) == 7):
        every_day = every_weekday = True  # one of the two alternatives always holds
    parts = (
        _listing(cron.minutes),
        _listing(cron.hours),
        "*" if every_day else _listing(cron.days),
        _listing(cron.months),
        "*" if every_weekday else _listing(cron.weekdays),
    )
    return " ".join(parts)


def _listing(values: tuple[int, ...] | frozenset[int]) -> str:
    return ",".join(map(str, sorted(values)))


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


@lru_cache(maxsize=16384)
def _days(cron: Cron, year: int, month: int) -> tuple[int, ...]:
    """The days of one month on which it fires, ascending."""
    if month not in cron.months:
        return ()
    weekday_of_first, length = monthrange(year, month)  # Monday is 0
    days = range(1, length + 1)
    if cron.every_weekday:
        return tuple(day for day in days if day in cron.days)
    in_week = {day for day in days if (weekday_of_first + day) % 7 in cron.weekdays}
    if cron.every_day:
        return tuple(sorted(in_week))
    return tuple(day for day in days if day in cron.days or day in in_week)


def _previous(cron: Cron, minute: datetime) -> datetime | None:
    """The last fire at or before a whole minute."""
    year, month, day = minute.year, minute.month, minute.day
    days = _days(cron, year, month)
    last = _earlier_minute(cron, minute.hour, minute.minute)
    if last and day in days:
        return datetime(year, month, day, *last, tzinfo=UTC)
    at = bisect_left(days, day) - 1
    for _ in range(_MONTHS_SEARCHED):
        if at >= 0:
            return datetime(year, month, days[at], cron.hours[-1], cron.minutes[-1], tzinfo=UTC)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if year < _FIRST_YEAR:
            break
        days = _days(cron, year, month)
        at = len(days) - 1
    return None


def _later_minute(cron: Cron, hour: int, minute: int) -> tuple[int, int] | None:
    """The first (hour, minute) of a firing day that is not before the given one."""
    hours, minutes = cron.hours, cron.minutes
    at = bisect_left(hours, hour)
    if at < len(hours) and hours[at] == hour:
        left = bisect_left(minutes, minute)
        if left < len(minutes):
            return hour, minutes[left]
        at += 1
    return (hours[at], minutes[0]) if at < len(hours) else None


def _earlier_minute(cron: Cron, hour: int, minute: int) -> tuple[int, int] | None:
    """The last (hour, minute) of a firing day that is not after the given one."""
    hours, minutes = cron.hours, cron.minutes
    at = bisect_right(hours, hour) - 1
    if at >= 0 and hours[at] == hour:
        right = bisect_right(minutes, minute) - 1
        if right >= 0:
            return hour, minutes[right]
        at -= 1
    return (hours[at], minutes[-1]) if at >= 0 else None


def _rank(cron: Cron, moment: datetime) -> int:
    """How many fires its month has had up to `moment`, that minute included."""
    days = _days(cron, moment.year, moment.month)
    earlier = bisect_left(days, moment.day)
    today = 0
    if earlier < len(days) and days[earlier] == moment.day:
        hours_before = bisect_left(cron.hours, moment.hour)
        today = hours_before * len(cron.minutes)
        if moment.hour in cron.hours:
            today += bisect_right(cron.minutes, moment.minute)
    return earlier * len(cron.hours) * len(cron.minutes) + today
