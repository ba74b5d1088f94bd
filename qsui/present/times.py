"""Times on two clocks: in UTC, in which servers keep them, and on a person's own."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from qsui.present import text

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.present.layout import LookContext


def both_zones(at: datetime, ctx: LookContext) -> str:
    """Return a time in UTC and in the local zone if that is known.

    `Thu 04 Jun 02:34Z, 04:34 Paris`; the local day is named where it is another one.
    """
    words = text.moment_long(at, ctx.now, UTC)
    zone = ctx.local if ctx.local is not None else ctx.zone
    mark = text.zone_mark(zone, at)
    if mark == "Z":
        return words
    local = at.astimezone(zone)
    if local.date() != at.astimezone(UTC).date():
        return f"{words}, {text.moment_long(at, ctx.now, zone)}"
    return f"{words}, {local:%H:%M}{mark}"
