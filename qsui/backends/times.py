"""Times and numbers as servers spell them; pure, and nothing raises."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

_SECONDS_BELOW = 100_000_000_000  # as milliseconds that is March 1973
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def parse_time(value: str | float | None) -> datetime | None:
    """Read ISO 8601 or epoch milliseconds, as string or number; aware UTC.

    Without a zone it is UTC. `None` for what is no time, and for times before 1970: they stand for
    none. What lies beyond the year 9000 is that year, so that everybody can count on from it.
    """
    moment = _read_time(value)
    if moment is None or moment < _EARLIEST:
        return None
    return min(moment, _LATEST)


def _read_time(value: str | float | None) -> datetime | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_epoch(value)
    text = value.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _parse_odd_time(text)
    return _in_utc(moment) if not text.isdigit() else _from_epoch(_float(text))


def _parse_odd_time(text: str) -> datetime | None:
    number = _float(text)
    if number is not None:
        return _from_epoch(number)
    plain = text.upper().removesuffix("UTC").removesuffix("GMT").strip().replace(",", ".")
    try:
        return _in_utc(datetime.fromisoformat(plain))
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime | None:
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def _from_epoch(value: float | None) -> datetime | None:
    if value is None:
        return None
    try:
        if not math.isfinite(value):
            return None
        if abs(value) < _SECONDS_BELOW:
            return datetime.fromtimestamp(value, UTC)
        milliseconds = int(value)
        whole = datetime.fromtimestamp(milliseconds // 1000, UTC)
        return whole + timedelta(milliseconds=milliseconds % 1000)
    except (OverflowError, OSError, ValueError):
        return None


def _float(text: str) -> float | None:
    if not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def parse_number(value: str | float | None) -> float | None:
    """Read a finite number from a number or a string; `None` for anything else."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def parse_duration(value: str | float | None, *, unit_s: float) -> timedelta | None:
    """Read a length of time that counts units of `unit_s` seconds; `None` if negative or absurd."""
    number = parse_number(value)
    if number is None or number < 0:
        return None
    try:
        return timedelta(seconds=number * unit_s)
    except OverflowError:
        return None


def format_time(moment: datetime) -> str:
    """Write aware time as ISO 8601 UTC with `Z`: milliseconds, or microseconds where there are."""
    utc = moment.astimezone(UTC)
    precision = "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
