"""The values a filter compares with: numbers, durations, times, words; and the comparisons."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

Test = Callable[[object, datetime], bool]
"""Whether a field's value holds at a time."""

OPERATORS = ("!=", ">=", "<=", ":", "=", ">", "<")

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SPANS = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SCALED = re.compile(r"([+-]?\d+(?:\.\d+)?)([kM%]?)")
_SCALES = {"k": 1e3, "M": 1e6, "%": 1.0, "": 1.0}
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?([Zz]|[+-]\d{2}:?\d{2})?)?"
)
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
_MOST_SECONDS = 3.2e9  # a hundred years
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ":": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class FieldKind(StrEnum):
    """How the values of a field compare.

    `TEXT` (a string): `:` is contains. `WORD` (a string or a tuple of synonyms): `:` is equality.
    `NUMBER` (int or float), `DURATION` (`timedelta`), `TIME` (aware `datetime`), `BOOL`.
    """

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    DURATION = "duration"
    TIME = "time"
    BOOL = "bool"


@dataclass(frozen=True, slots=True)
class Span:
    """A time as written: from `start` to before `end`, or `ago` before the time of the test."""

    start: datetime | None = None
    end: datetime | None = None
    ago: timedelta | None = None

    def at(self, now: datetime) -> tuple[datetime, datetime]:
        """Return start and end at `now`."""
        if self.start is not None and self.end is not None:
            return self.start, self.end
        moment = now - self.ago if self.ago is not None else now
        return moment, moment


def duration_of(text: str, *, unit_s: float = 1.0) -> timedelta | None:
    """Read `90s`, `1h30m` or a plain number of `unit_s` seconds; `None` if it is neither."""
    if _NUMBER.fullmatch(text):
        seconds = float(text) * unit_s
    elif _SPANS.fullmatch(text):
        seconds = sum(float(size) * _UNITS[unit] for size, unit in _SPAN.findall(text))
    else:
        return None
    return timedelta(seconds=seconds) if abs(seconds) <= _MOST_SECONDS else None


def time_of(text: str) -> Span | None:
    """Read `24h` (ago), `+2h` (from now), a date or an RFC 3339 time (UTC unless it says so)."""
    sign, rest = (-1, text[1:]) if text.startswith("+") else (1, text)
    if _SPANS.fullmatch(rest):
        ago = duration_of(rest)
        return Span(ago=sign * ago) if ago is not None else None
    found = _TIME.fullmatch(text)
    if not found:
        return None
    date, minute, second, zone = found.groups()
    zone = "+00:00" if zone is None or zone in {"Z", "z"} else zone
    try:
        start = datetime.fromisoformat(f"{date}T{minute or '00:00'}{second or ''}{zone}")
        start = start.astimezone(UTC)
        if minute is None:
            width = timedelta(days=1)
        else:
            width = timedelta(seconds=1) if second else timedelta(minutes=1)
        return Span(start, start + width)
    except (ValueError, OverflowError):
        return None


def comparison(kind: FieldKind, sign: str, text: str, *, unit_s: float = 1.0) -> Test:
    """Make the test of `field sign text`.

    Raises:
        ValueError: `text` is no value of that kind; the sentence says what is expected.
    """
    if kind is FieldKind.TEXT:
        return _text(sign, text)
    if kind is FieldKind.WORD:
        return _word(sign, text)
    if kind is FieldKind.NUMBER:
        found = _SCALED.fullmatch(text)
        if not found:
            raise ValueError(f"{text} is no number")
        return _ordered(sign, float(found[1]) * _SCALES[found[2]], int, float)
    if kind is FieldKind.DURATION:
        duration = duration_of(text, unit_s=unit_s)
        if duration is None:
            raise ValueError(f"{text} is no duration; write 90s, 10m or 2h")
        return _ordered(sign, duration, timedelta)
    if kind is FieldKind.TIME:
        span = time_of(text)
        if span is None:
            raise ValueError(f"{text} is no time; write 24h (ago), 2026-06-04 or 2026-06-04T02:00Z")
        return _time(sign, span)
    return _bool(sign, text)


def _text(sign: str, text: str) -> Test:
    wanted = text.lower()
    if sign == ":":
        return lambda value, _: wanted in _plain(value)
    if sign == "=":
        return lambda value, _: _plain(value) == wanted
    if sign == "!=":
        return lambda value, _: _plain(value) != wanted
    order = _ORDERS[sign]
    return lambda value, _: value is not None and order(_plain(value), wanted)


def _word(sign: str, text: str) -> Test:
    wanted = text.lower()

    def is_it(value: object, _: datetime) -> bool:
        if isinstance(value, str):
            return value.lower() == wanted
        if isinstance(value, tuple):
            return any(str(word).lower() == wanted for word in value)
        return value is None and not wanted

    if sign in {":", "="}:
        return is_it
    if sign == "!=":
        return lambda value, now: not is_it(value, now)
    raise ValueError(f"words have no order; write : or = instead of {sign}")


def _ordered(sign: str, wanted: float | timedelta, *expected: type[object]) -> Test:
    order = _ORDERS[sign]
    if sign == "!=":
        return lambda value, _: order(value, wanted)
    return lambda value, _: isinstance(value, expected) and order(value, wanted)


def _time(sign: str, span: Span) -> Test:
    def holds(value: object, now: datetime) -> bool:
        if not isinstance(value, datetime):
            return sign == "!="
        start, end = span.at(now)
        if sign == ">":
            return value >= end if end > start else value > start
        if sign == "<":
            return value < start
        if sign == "<=":
            return value < end if end > start else value <= start
        if sign == ">=" or (start == end and sign == ":"):
            return value >= start
        return (start <= value < end or value == start) == (sign != "!=")

    return holds


def _bool(sign: str, text: str) -> Test:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"{text} is neither yes nor no")
    if sign not in {":", "=", "!="}:
        raise ValueError(f"yes and no have no order; write : or = instead of {sign}")
    wanted = (word in _TRUE) == (sign != "!=")
    return lambda value, _: value is not None and bool(value) == wanted


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, tuple):
        return " ".join(map(str, value)).lower()
    return "" if value is None else str(value).lower()
