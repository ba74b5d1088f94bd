"""Run ids in their two spellings: `scheduled__<time>` (or `manual__…`), and the base64 of that.

Lists and links use either; `Ref.id` holds what the server's run records carry, the base64. Nothing
here raises.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime

_DECODED = re.compile(r"[a-z][a-z_]*?__\d{4}-\d\d-\d\d")
_YEARS = (1970, 9000)


def decoded(run_id: str) -> str:
    """Return `scheduled__…` or `manual__…` for a run id; empty if it does not decode to that."""
    if _DECODED.match(run_id):
        return run_id
    bare = run_id.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        text = raw.decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return text if _DECODED.match(text) and text.isprintable() else ""


def encoded(run_id: str) -> str:
    """Return the base64 form of a run id given in either form; what decodes to nothing stays."""
    if _DECODED.match(run_id):
        return base64.b64encode(run_id.encode("utf-8", "replace")).decode("ascii")
    return run_id


def is_same(one: str, other: str) -> bool:
    """Whether two run ids, each encoded or decoded, name the same slot of a schedule."""
    if not one or not other:
        return False
    return one == other or (decoded(one) or one) == (decoded(other) or other)


def slot_of(decoded_id: str) -> datetime | None:
    """Return the logical time in a decoded run id, aware UTC (which it is in without a zone).

    `None` if it has none, or one before 1970 or after 9000, from which nobody could count on.
    """
    try:
        slot = datetime.fromisoformat(decoded_id.partition("__")[2])
        slot = slot.replace(tzinfo=UTC) if slot.tzinfo is None else slot.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return slot if _YEARS[0] <= slot.year <= _YEARS[1] else None
