"""A cron expression in words: short for a list, a sentence for a detail.

What is outside our grammar is shown as the server sent it. Times are UTC, on a 24 h clock.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from qsui.domain.cron import expand, try_parse
from qsui.present import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.domain.cron import Cron

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=8192)
def short(cron_text: str, width: int = 16) -> str:
    """Return the cadence in at most `width` cells: `every 30 min`, `Mon-Fri 06:20`.

    A shape without a short name reads as the raw expression, cut if it must be.
    """
    cron = try_parse(cron_text)
    if cron is not None:
        for words in _candidates(cron):
            if len(words) <= width:
                return words
    return text.elide_end(text.printable(cron_text.strip(), 200), width)


def _candidates(cron: Cron) -> Iterator[str]:
    """Yield the ways to say it, the best first; nothing for an uncommon shape."""
    if cron.is_once:
        yield "once"
        return
    if cron.every_day and cron.every_weekday and len(cron.months) == 12:
        yield from _daily(cron)
        return
    if len(cron.minutes) != 1 or len(cron.hours) != 1:
        return
    at = f"{cron.hours[0]:02d}:{cron.minutes[0]:02d}"
    if cron.every_day and len(cron.months) == 12:
        days = _weekdays(cron)
        yield f"{days} {at}"
        yield f"{days.replace('-', '–')} {at}"
    elif cron.every_weekday and len(cron.days) == 1:
        day = next(iter(cron.days))
        if len(cron.months) == 12:
            yield f"monthly on {day} {at}"
            yield f"day {day} at {at}"
        elif len(cron.months) == 1:
            month = _MONTHS[next(iter(cron.months)) - 1]
            yield f"yearly {day} {month} {at}"
            yield f"{day} {month} {at}"


def _daily(cron: Cron) -> Iterator[str]:
    minute_step, hour_step = _step(cron.minutes, 60), _step(cron.hours, 24)
    if len(cron.hours) == 24:
        if minute_step == 1:
            yield "every minute"
        elif minute_step and len(cron.minutes) > 1:
            yield f"every {minute_step} min"
        elif len(cron.minutes) == 1:
            yield f"hourly at :{cron.minutes[0]:02d}"
        else:
            yield "hourly at " + ",".join(f":{minute:02d}" for minute in cron.minutes)
    elif len(cron.minutes) == 1:
        times = [f"{hour:02d}:{cron.minutes[0]:02d}" for hour in cron.hours]
        if len(times) == 1:
            yield f"every day {times[0]}"
        elif hour_step and cron.minutes[0] == 0:
            yield f"every {hour_step} hours"
            yield f"every {hour_step} h"
        elif hour_step:
            yield f"every {hour_step} h at :{cron.minutes[0]:02d}"
        else:
            yield f"daily {','.join(times)}"
            yield ", ".join(times)


def _step(values: tuple[int, ...], size: int) -> int:
    """Return n if the values are 0, n, 2n … round the whole clock, else 0."""
    step = size // len(values)
    return step if values == tuple(range(0, size, step)) and size % step == 0 else 0


def _weekdays(cron: Cron) -> str:
    """Return the days of the week from Monday on: `Mon-Fri`, `Tue`, `Mon,Thu`."""
    days = sorted(cron.weekdays, key=lambda day: (day - 1) % 7)
    order = [(day - 1) % 7 for day in days]
    if len(days) > 2 and order == list(range(order[0], order[-1] + 1)):
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return ",".join(_DAYS[day] for day in days)


def raw(cron_text: str) -> str:
    """Return the five fields behind an alias, or the expression as sent, harmless."""
    return text.printable(expand(cron_text), 200)
