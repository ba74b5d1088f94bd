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

_ORDINALS = {2: "2nd", 3: "3rd"}
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
            yield f"daily {times[0]}"
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


@lru_cache(maxsize=2048)
def long(cron_text: str, locale: str = "en") -> str:
    """Return the cadence as a sentence of the locale (`en`, `fr`, `ja`, `de`, else English).

    What is outside our grammar is returned as sent, harmless.
    """
    cron = try_parse(cron_text)
    if cron is None:
        return text.printable(cron_text.strip(), 200)
    language = locale[:2].lower()
    language = language if language in _LOCALES else "en"
    if cron.is_once:
        return _ONCE[language]
    if language == "en" and (sentence := _english(cron)):
        return sentence
    minute, hour, days, month, weekdays = expand(cron_text).split()
    if cron.every_day or cron.every_weekday:
        return _described(" ".join((minute, hour, days, month, weekdays)), language)
    by_day = _described(" ".join((minute, hour, days, month, "*")), language)
    by_weekday = _described(" ".join((minute, hour, "*", month, weekdays)), language)
    return f"{by_day}{_OR[language]}{by_weekday}"


def _english(cron: Cron) -> str:
    """Return a plainer sentence than the library's for what happens every day."""
    if not (cron.every_day and cron.every_weekday and len(cron.months) == 12):
        return ""
    if len(cron.hours) == 24:
        step = _step(cron.minutes, 60)
        words = "every minute" if step == 1 else f"every {step} minutes"
        return words if step and len(cron.minutes) > 1 else ""
    if len(cron.minutes) != 1:
        return ""
    minute, step = cron.minutes[0], _step(cron.hours, 24)
    if len(cron.hours) == 1:
        return f"every day at {cron.hours[0]:02d}:{minute:02d}"
    return (
        f"at minute {minute} of every {_ORDINALS.get(step, f'{step}th')} hour"
        if minute and step
        else ""
    )


def _described(expression: str, language: str) -> str:
    from cron_descriptor import (  # type: ignore[import-untyped]  # it has no type information
        ExpressionDescriptor,
        FormatException,
        Options,
    )

    options = Options()
    options.locale_code = _LOCALES[language]
    options.use_24hour_time_format = True
    options.day_of_week_start_index_zero = True
    try:
        sentence = str(ExpressionDescriptor(expression, options).get_description())
    except (FormatException, ValueError, IndexError):
        return text.printable(expression, 200)
    for english, own in _NAMES.get(language, {}).items():
        sentence = sentence.replace(english, own)
    return sentence[:1].lower() + sentence[1:] if language in ("en", "fr") else sentence


_LOCALES = {"en": "en_US", "fr": "fr_FR", "ja": "ja_JP", "de": "de_DE"}
_ONCE = {"en": "once", "fr": "une fois", "ja": "1 回のみ", "de": "einmal"}
_OR = {"en": ", or ", "fr": ", ou ", "ja": "、または", "de": ", oder "}
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_NAMES = {
    "fr": dict(
        zip(
            (*_DAY_NAMES, *_MONTH_NAMES),
            [
                "lundi",
                "mardi",
                "mercredi",
                "jeudi",
                "vendredi",
                "samedi",
                "dimanche",
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            strict=True,
        )
    ),
    "de": dict(
        zip(
            (*_DAY_NAMES, *_MONTH_NAMES),
            [
                "Montag",
                "Dienstag",
                "Mittwoch",
                "Donnerstag",
                "Freitag",
                "Samstag",
                "Sonntag",
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            strict=True,
        )
    ),
    "ja": dict(
        zip(
            (*_DAY_NAMES, *_MONTH_NAMES),
            [
                "月曜日",
                "火曜日",
                "水曜日",
                "木曜日",
                "金曜日",
                "土曜日",
                "日曜日",
                "1月",
                "2月",
                "3月",
                "4月",
                "5月",
                "6月",
                "7月",
                "8月",
                "9月",
                "10月",
                "11月",
                "12月",
            ],
            strict=True,
        )
    ),
}
