"""In which zone the cadence of a schedule counts, and the cadence of a list with it.

Query Service counts in UTC, which no cell names; an Alteryx Server counts in a zone of each
schedule, which every cell names that depends on it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain import cron as crons
from qsui.domain.job_due import zone_of
from qsui.present import cadence, text

if TYPE_CHECKING:
    from qsui.domain.models import Schedule
    from qsui.present.layout import LookContext

_UTC_NAMES = frozenset({"", "utc", "etc/utc", "etc/gmt", "gmt", "z"})
_HOURS = 24


def is_utc(schedule: Schedule) -> bool:
    """Whether its cadence counts in UTC."""
    return schedule.time_zone.strip().lower() in _UTC_NAMES


def zone_of_cadence(schedule: Schedule, ctx: LookContext) -> str:
    """Return the zone for a pane: `UTC`, `Europe/Paris (CEST)`; an unknown one as it was sent."""
    if is_utc(schedule):
        return "UTC"
    zone = zone_of(schedule)
    name = text.printable_name(schedule.time_zone.strip())
    if zone is None:
        return f"{name} (not a zone that we know)"
    short = ctx.now.astimezone(zone).tzname() or ""
    return f"{name} ({short})" if short and short not in name else name


def cadence_cell_words(schedule: Schedule, ctx: LookContext, width: int) -> str:
    """Return the cadence for a cell of `width` cells, with its zone where that is not UTC.

    Where the recurrence is not known, the server's own words; empty if it has none. What does not
    fit is for the table to cut at its end: a zone that is cut still shows that there is one.
    """
    zone = "" if _counts_in_utc(schedule, ctx) else f" {_zone_mark(schedule, ctx)}"
    room = max(8, width - text.width_of(zone))
    if not schedule.cron.strip():
        words = _shortened(plain_words(schedule), room)
        return f"{words}{zone}" if words else ""
    words = cadence.short(schedule.cron, room)
    if zone and words.endswith("…"):
        words = cadence.short(schedule.cron, width)
    return f"{words}{zone}"


def plain_words(schedule: Schedule) -> str:
    """Return the server's words, harmless, without the hours or minutes that are none."""
    words = text.printable(schedule.cadence_words.strip(), 200)
    return _ONE_UNIT.sub(r"\1", _NO_HOURS.sub("", words))


def _counts_in_utc(schedule: Schedule, ctx: LookContext) -> bool:
    """Whether its times are in UTC, or the same in every zone."""
    if not schedule.runs_workflow or is_utc(schedule):
        return True
    if schedule.cron.strip():
        return _ignores_zone(schedule, ctx)
    return bool(_EVERY_MINUTES.match(schedule.cadence_words.strip()))


def _zone_mark(schedule: Schedule, ctx: LookContext) -> str:
    """Return the zone as it is written beside a time: `CEST`."""
    zone = zone_of(schedule)
    mark = ctx.now.astimezone(zone).tzname() if zone else None
    return mark or text.printable_name(schedule.time_zone.strip())


def _shortened(words: str, width: int) -> str:
    """Return a server's words with days, months and units cut short, if they do not fit."""
    for pattern, instead in _SHORTER:
        if text.width_of(words) <= width:
            break
        words = pattern.sub(instead, words)
    return words


_NO_HOURS = re.compile(r"\b0 hours? (?=\d)", re.IGNORECASE)
_ONE_UNIT = re.compile(r"(?<=\bevery )1 (minute|hour|day|week|month)s?\b", re.IGNORECASE)
_EVERY_MINUTES = re.compile(r"every (0 hours? )?\d+ min\w*\Z", re.IGNORECASE)
_SHORTER = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"\bat (?=\d)", ""),
        (r"\bevery weekday\b", "weekdays"),
        (r"\bminutes?\b", "min"),
        (r"\b(mon|fri|sun)day\b|\b(tue)sday\b|\b(wed)nesday\b", r"\1\2\3"),
        (r"\b(thu)rsday\b|\b(sat)urday\b", r"\1\2"),
        (r"\b(jan|febr)uary\b|\b(sept|nov|dec)ember\b|\b(oct)ober\b", r"\1\2\3"),
        (r"\bweekly on (?=\w)", ""),
        (r"\bmonthly on (?=\w)", ""),
        (r", (?=\w)", ","),
    )
)


def _ignores_zone(schedule: Schedule, ctx: LookContext) -> bool:
    """Whether it fires at the same minutes of every hour, in a zone of whole hours."""
    cron, zone = crons.try_parse(schedule.cron), zone_of(schedule)
    if cron is None or cron.is_once or cron.is_never or zone is None or len(cron.hours) != _HOURS:
        return False
    if not (cron.every_day and cron.every_weekday and len(cron.months) == 12):
        return False
    offset = ctx.now.astimezone(zone).utcoffset() or timedelta(0)
    return offset % timedelta(hours=1) == timedelta(0)
