"""Moments as people type them into a form: `now`, `tomorrow 02:00`, `+2h`, `2026-06-05T02:00Z`.

Everything without a zone is UTC. This reads moments to come; times in filters, which look back, are
read in `filter_values.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from qsui.domain.filter_values import time_of

_DAY = re.compile(r"(today|tomorrow)(?:[ T]+(\d{1,2}):(\d{2})\s*Z?)?", re.IGNORECASE)
_YEARS = re.compile(r"\+(\d{1,2})y", re.IGNORECASE)
_YEAR = timedelta(days=365)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

EXAMPLES = "now, +2h, tomorrow 02:00 or 2026-06-05T02:00Z"
"""For sentences about a text that cannot be read."""


def moment_of(text: str, now: datetime) -> datetime | None:
    """Read a moment (aware UTC); `None` if the text is none. `now` is the next full minute."""
    text = " ".join(text.split())
    if text.lower() == "now":
        return full_minute(now)
    if found := _DAY.fullmatch(text):
        return _day(found[1], int(found[2] or 0), int(found[3] or 0), now)
    try:
        if found := _YEARS.fullmatch(text):
            return full_minute(now) + int(found[1]) * _YEAR
        if text.startswith("+"):
            span = time_of(text)
            return full_minute(now - span.ago) if span and span.ago is not None else None
    except OverflowError:
        return None
    return _dated(text)


def written(at: datetime) -> str:
    """Write a moment so that `moment_of` reads the same one: `2026-06-05T02:00Z`."""
    at = at.astimezone(UTC).replace(tzinfo=None)
    precision = "minutes" if not (at.second or at.microsecond) else "auto"
    return f"{at.isoformat(timespec=precision)}Z"


def full_minute(now: datetime) -> datetime:
    """Return the next whole minute, `now` itself if it is one."""
    floor = now.replace(second=0, microsecond=0)
    return floor if floor == now else floor + _MINUTE


def full_hour(now: datetime) -> datetime:
    """Return the whole hour after `now`."""
    return now.replace(minute=0, second=0, microsecond=0) + _HOUR


def in_a_year(at: datetime) -> datetime:
    """Return the same moment 365 days later, the last that can be written if there is none."""
    last = datetime.max.replace(tzinfo=UTC, second=0, microsecond=0)
    return at + _YEAR if at <= last - _YEAR else last


def _day(word: str, hour: int, minute: int, now: datetime) -> datetime | None:
    if hour > 23 or minute > 59:
        return None
    day = now + timedelta(days=1) if word.lower() == "tomorrow" else now
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _dated(text: str) -> datetime | None:
    """Read a date or a date with a time."""
    span = time_of(text.replace(" ", "T", 1))
    if span is not None:
        return span.start
    if not text[:4].isdigit() or len(text) < 10 or text[4] != "-":
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
