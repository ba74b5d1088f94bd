"""Who else starts when: the starts of many schedules by minute, without walking each of them.

Expressions that name the same days share one table of minutes; asking about one minute costs one
look-up for each such set of days. All times are aware UTC on whole minutes.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.cron import Cron, fires_on
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from qsui.domain.models import Schedule

HOURS_AHEAD = 48
_DAY_MINUTES = 24 * 60
_NEAR = 4
"""Minutes to both sides in which a start disturbs a slot, though less than one at the same."""

_SLOT = 5
"""Quiet slots are looked for on multiples of so many minutes: people read them better."""

_Days = tuple[frozenset[int], frozenset[int], frozenset[int], bool, bool]


class Load:
    """Counts the starts of other schedules; filled once, then only asked."""

    def __init__(self) -> None:
        self._tables: defaultdict[_Days, defaultdict[int, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        self._rules: dict[_Days, Cron] = {}
        self._days: dict[date, list[int]] = {}
        self.schedules = 0

    def add(self, cron: Cron, count: int = 1) -> None:
        """Count the starts of `count` schedules with this expression."""
        self.schedules += count
        if cron.is_never:
            return
        days = (cron.days, cron.months, cron.weekdays, cron.every_day, cron.every_weekday)
        self._rules.setdefault(days, cron)
        table = self._tables[days]
        for hour in cron.hours:
            base = hour * 60
            for minute in cron.minutes:
                table[base + minute] += count
        self._days.clear()

    def starts_at(self, moment: datetime) -> int:
        """Return how many others start in the minute of `moment`."""
        minute = moment.hour * 60 + moment.minute
        known = self._days.get(moment.date())
        if known is not None:
            return known[minute]
        day = moment.date()
        return sum(
            table[minute]
            for days, table in self._tables.items()
            if minute in table and fires_on(self._rules[days], day)
        )

    def on_day(self, day: date) -> list[int]:
        """Return the starts of a UTC day by minute (1,440 numbers); do not change them."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = [0] * _DAY_MINUTES
            for days, table in self._tables.items():
                if fires_on(self._rules[days], day):
                    for minute, count in table.items():
                        known[minute] += count
        return known

    def by_hour(self, now: datetime, hours: int = HOURS_AHEAD) -> tuple[int, ...]:
        """Return the starts in each of the hours from that of `now` on."""
        first = now.replace(minute=0, second=0, microsecond=0)
        starts = (first + timedelta(hours=n) for n in range(hours))
        return tuple(sum(self.on_day(at.date())[at.hour * 60 : at.hour * 60 + 60]) for at in starts)

    def quietest(self, cron: Cron, now: datetime) -> tuple[int, int | None]:
        """Return the minute, and the hour if `cron` names one, with the fewest starts in 48 hours.

        With several hours (`*/6`) they stay and `None` is returned for the hour. A start within a
        few minutes counts after one at the same minute; of equal slots the nearest to the present
        one is taken.
        """
        dates = [(now + timedelta(days=n)).date() for n in range(HOURS_AHEAD // 24)]
        days = [self.on_day(day) for day in dates]
        total = [sum(at_minute) for at_minute in zip(*days, strict=True)]
        here = cron.minutes[0] if cron.minutes else 0
        if len(cron.hours) == 1:
            present = cron.hours[0] * 60 + here
            best = _calmest(range(0, _DAY_MINUTES, _SLOT), present, _DAY_MINUTES, _at(total, (0,)))
            return best % 60, best // 60
        hours = tuple(hour * 60 for hour in cron.hours) or (0,)
        return _calmest(range(0, 60, _SLOT), here, 60, _at(total, hours)), None


def _at(total: list[int], bases: tuple[int, ...]) -> Callable[[int], int]:
    return lambda minute: sum(total[(base + minute) % _DAY_MINUTES] for base in bases)


def _calmest(slots: Iterable[int], present: int, ring: int, starts: Callable[[int], int]) -> int:
    def cost(slot: int) -> tuple[int, int, int]:
        near = sum(starts(slot + away) for away in range(-_NEAR, _NEAR + 1))
        apart = abs(slot - present)
        return starts(slot), near, min(apart, ring - apart)

    return min(slots, key=cost)


def counts_in(schedule: Schedule, now: datetime) -> bool:
    """Whether a schedule starts runs in the next 48 hours, as far as its record tells."""
    if schedule.state is not ScheduleState.ENABLED:
        return False
    if schedule.end_at is not None and schedule.end_at <= now:
        return False
    return schedule.start_at is None or schedule.start_at <= now + timedelta(hours=HOURS_AHEAD)
