"""Times and zones as people write them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qsui.domain.errors import ConfigError

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_zone(name: str, option: str) -> tzinfo:
    """Return the zone: `UTC`, `local`, or an IANA name."""
    if name.upper() == "UTC":
        return UTC
    if name.lower() == "local":
        zone = datetime.now().astimezone().tzinfo
        return zone if zone is not None else UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"{option} {name!r} is not a time zone; say UTC, local or a name such as Europe/Berlin"
        ) from None


def parse_since(text: str, now: datetime, option: str = "--since") -> datetime:
    """Return a moment: a span ago (`90s 30m 24h 7d 1d12h`), a date, or RFC 3339; aware UTC."""
    span = _SPAN.fullmatch(text.strip().lower())
    if span and any(span.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
        try:
            return now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            raise ConfigError(f"{option} {text!r} is too long ago") from None
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{option} {text!r} is not a time; say 24h, 7d, 2026-06-04 or 2026-06-04T02:00:00Z"
        ) from None


def iso(moment: datetime | None) -> str | None:
    """Write a moment as RFC 3339 in UTC with `Z`; fractions of a second only if there are any."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def seconds(span: timedelta | None) -> float | int | None:
    """Write a span as seconds: whole if it is."""
    if span is None:
        return None
    value = round(span.total_seconds(), 3)
    return int(value) if value.is_integer() else value
