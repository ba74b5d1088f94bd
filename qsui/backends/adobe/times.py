"""Times, numbers and run ids as Query Service spells them; pure, and nothing raises."""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import UTC, datetime, timedelta

_SECONDS_BELOW = 100_000_000_000  # as milliseconds that is March 1973
_RUN_ID = re.compile(r"[a-z][a-z_]*?__\d{4}-\d\d-\d\d")


def parse_time(value: str | float | None) -> datetime | None:
    """Read ISO 8601 or epoch milliseconds, as string or number; aware UTC.

    Without a zone it is UTC. `None` for what is no time.
    """
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


def decode_run_id(run_id: str) -> str:
    """Return `scheduled__…` or `manual__…` for a run id; empty if it does not decode to that."""
    if _RUN_ID.match(run_id):
        return run_id
    bare = run_id.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        text = raw.decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return text if _RUN_ID.match(text) and text.isprintable() else ""


def encode_run_id(run_id: str) -> str:
    """Return the base64 form of a run id given in either form; what decodes to nothing stays."""
    if _RUN_ID.match(run_id):
        return base64.b64encode(run_id.encode("utf-8", "replace")).decode("ascii")
    return run_id


def same_run(one: str, other: str) -> bool:
    """Whether two run ids, each encoded or decoded, name the same slot of a schedule."""
    if not one or not other:
        return False
    return one == other or (decode_run_id(one) or one) == (decode_run_id(other) or other)


def slot_of(decoded_id: str) -> datetime | None:
    """Return the time in a decoded run id, aware UTC."""
    return parse_time(decoded_id.partition("__")[2]) if decoded_id else None
