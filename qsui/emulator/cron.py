"""Cron as Query Service takes it: five fields or an alias, UTC, minute first.

Each field becomes a set of numbers; a minute matches if all sets hold it, where a restricted day
of month and a restricted day of week are alternatives, as in every Unix cron. A step restricts
(`*/2`), as the service's scheduler, Airflow, has it. `@once` has no fires of its own.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from qsui.emulator.clock import DAY, MINUTE, SECOND, from_us

ONCE = "@once"
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)
_EVERY = frozenset({"*", "*/1"})
_HORIZON_DAYS = 366 * 9  # 29 February can be eight years away


def _number(text: str, field: tuple[str, int, int, dict[str, int]]) -> int:
    name, low, high, words = field
    value = words.get(text.lower(), -1)
    if value < 0:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{text!r} is not a {name}")
        value = int(text)
    if not low <= value <= high:
        raise ValueError(f"{name} {value} is outside {low}-{high}")
    return value


def _values(text: str, field: tuple[str, int, int, dict[str, int]]) -> frozenset[int]:
    name, low, high, _ = field
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        if slash and not (step_text.isascii() and step_text.isdigit() and int(step_text)):
            raise ValueError(f"{part!r} has no usable step ({name})")
        step = int(step_text) if slash else 1
        first_text, dash, last_text = span.partition("-")
        if span == "*":
            first, last = low, high
        else:
            first = _number(first_text, field)
            is_weekday = name == "day of week"
            if dash and is_weekday and last_text.lower() == "sun":
                last = high
            elif dash:
                last = _number(last_text, field)
            elif slash:  # `1/2` goes on to Saturday: the 7 is only another name of Sunday
                last = max(first, high - 1) if is_weekday else high
            else:
                last = first
        if first > last:
            raise ValueError(f"{part!r} runs backwards ({name})")
        found.update(range(first, last + 1, step))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression; build it with `parse`."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    day_restricted: bool
    weekday_restricted: bool
    once: bool = False

    def fires_on(self, day: date) -> bool:
        """Whether any minute of `day` (UTC) fires."""
        if self.once or day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.day_restricted and self.weekday_restricted:
            return in_month or in_week
        return in_month and in_week

    def after(self, us: int) -> int | None:
        """The first fire later than `us`, or None if there is none within nine years."""
        return self._search(us + MINUTE - us % MINUTE, forward=True)

    def at_or_before(self, us: int) -> int | None:
        """The last fire not later than `us`, or None if there is none within nine years."""
        return self._search(us - us % MINUTE, forward=False)

    def _search(self, us: int, *, forward: bool) -> int | None:
        moment = from_us(us)
        day, minute_of_day = moment.date(), moment.hour * 60 + moment.minute
        found = self._minute(minute_of_day, forward=forward) if self.fires_on(day) else None
        step = timedelta(days=1 if forward else -1)
        for _ in range(_HORIZON_DAYS):
            if found is not None:
                midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
                return int(midnight.timestamp()) * SECOND + found * MINUTE
            day += step
            if self.fires_on(day):
                found = self._minute(0 if forward else DAY // MINUTE - 1, forward=forward)
        return None

    def _minute(self, minute_of_day: int, *, forward: bool) -> int | None:
        """The nearest firing minute of a day from `minute_of_day` on, in the given direction."""
        hour, minute = divmod(minute_of_day, 60)
        if forward:
            at = bisect_left(self.hours, hour)
            if at < len(self.hours) and self.hours[at] == hour:
                left = bisect_left(self.minutes, minute)
                if left < len(self.minutes):
                    return hour * 60 + self.minutes[left]
                at += 1
            return self.hours[at] * 60 + self.minutes[0] if at < len(self.hours) else None
        at = bisect_right(self.hours, hour) - 1
        if at >= 0 and self.hours[at] == hour:
            right = bisect_right(self.minutes, minute) - 1
            if right >= 0:
                return hour * 60 + self.minutes[right]
            at -= 1
        return self.hours[at] * 60 + self.minutes[-1] if at >= 0 else None


@lru_cache(maxsize=4096)
def parse(expression: str) -> Cron:
    """Parse five fields or an alias.

    Raises:
        ValueError: Not a cron expression; the sentence names the field.
    """
    text = expression.strip()
    if text.lower() == ONCE:
        nothing: frozenset[int] = frozenset()
        return Cron((), (), nothing, nothing, nothing, False, False, once=True)
    fields = ALIASES.get(text.lower(), text).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"a cron expression has five fields, {expression!r} has {len(fields)}")
    sets = [_values(part, field) for part, field in zip(fields, _FIELDS, strict=True)]
    return Cron(
        minutes=tuple(sorted(sets[0])),
        hours=tuple(sorted(sets[1])),
        days=sets[2],
        months=sets[3],
        weekdays=frozenset(day % 7 for day in sets[4]),
        day_restricted=_EVERY.isdisjoint(fields[2].split(",")),
        weekday_restricted=_EVERY.isdisjoint(fields[4].split(",")),
    )
