"""Values of servers as short plain text: cleaning, cutting, durations, ages, times, counts.

Everything is pure: the time now and the zone are arguments. Widths are terminal cells.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from rich.cells import cell_len, set_cell_size

LINE_LIMIT: Final = 4096
"""No single line of a server is looked at beyond this many characters, unless asked for."""

_SPACES = frozenset("\t\n\v\f\r\x85\u2028\u2029")
_DROPPED = frozenset(chr(code) for code in range(0xFE00, 0xFE10))  # only pick a glyph's look
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    """Return what stands for one character: itself, a space, or its code in hexadecimal."""
    if char in _SPACES:
        return " "
    if char in _DROPPED:
        return ""
    if char.isprintable() and char not in _INVISIBLE:
        return char
    if char.isspace():
        return " "
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str, limit: int | None = LINE_LIMIT) -> str:
    """Return a server's text so that it is harmless in one line of a terminal.

    Tabs and line ends become spaces; escape, control, bidi and invisible characters and lone
    surrogates are shown as their code. Of a longer text the first `limit` characters are kept and
    `…` is added; `None` keeps all.
    """
    is_cut = limit is not None and len(text) > limit
    if is_cut:
        text = text[:limit]
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_visible, text))
    return text + "…" if is_cut else text


def printable_lines(text: str, limit: int = 16_384) -> tuple[str, ...]:
    """Return a server's text of several lines, each harmless; tabs count as four spaces."""
    kept = text[:limit].replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    lines = tuple(printable(line, None) for line in kept.split("\n"))
    return (*lines[:-1], lines[-1] + "…") if len(text) > limit else lines


def printable_name(text: str) -> str:
    """Return a name or id, harmless; of a very long one both ends are kept."""
    if len(text) > 400:
        text = f"{text[:200]}…{text[-199:]}"
    return printable(text, None)


def width_of(text: str) -> int:
    """Return how many terminal cells a printable text takes."""
    return len(text) if text.isascii() else cell_len(text)


def take_cells(text: str, width: int) -> str:
    """Return the longest start of a text that fits; a wide character is never halved."""
    if width <= 0:
        return ""
    if text.isascii():
        return text[:width]
    used = 0
    for position, char in enumerate(text[: width * 5]):
        used += cell_len(char)
        if used > width:
            return text[:position]
    return text[: width * 5]  # not more than four combining marks a cell


def take_last_cells(text: str, width: int) -> str:
    """Return the longest end of a text that fits."""
    if width <= 0:
        return ""
    if text.isascii():
        return text[-width:]
    used = 0
    tail = text[-width * 5 :]
    for position in range(len(tail) - 1, -1, -1):
        used += cell_len(tail[position])
        if used > width:
            return tail[position + 1 :]
    return tail


def elide_end(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut a text to `width` cells, its end replaced by the ellipsis if it does not fit."""
    if width <= 0:
        return ""
    if width_of(text) <= width and len(text) <= width * 5:
        return text
    return take_cells(text, width - width_of(ellipsis)) + ellipsis


def elide_middle(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut a text to `width` cells, its middle replaced: both ends of a name tell it apart."""
    if width <= 0:
        return ""
    if width_of(text) <= width and len(text) <= width * 5:
        return text
    left = width - width_of(ellipsis)
    if left < 4:
        return elide_end(text, width, ellipsis)
    head = take_cells(text, (left + 1) // 2)
    return head + ellipsis + take_last_cells(text, left - width_of(head))


def wrapped(text: str, width: int) -> list[str]:
    """Break a printable line into pieces of at most `width` cells, at blanks where there are some.

    A word that is longer than a line is broken where the line ends; at least one piece is returned.
    """
    pieces: list[str] = []
    width = max(2, width)
    while len(text) > width or width_of(text) > width:
        piece = text[:width]
        if width_of(piece) > width:
            piece = take_cells(text, width)
        if not text.startswith(" ", len(piece)) and (blank := piece.rstrip().rfind(" ")) > 0:
            piece = piece[:blank]
        pieces.append(piece.rstrip())
        text = text[len(piece) :].lstrip(" ")
    return [*pieces, text] if text or not pieces else pieces


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill a text that fits up with spaces, on its left if it stands on the right."""
    missing = width - width_of(text)
    if missing < 0:
        return set_cell_size(text, max(0, width))
    return " " * missing + text if right else text + " " * missing


def id_short(id: str, ellipsis: str = "…") -> str:
    """Return an id as its first eight and last four characters: `7a3f90c2…e41b`."""
    text = printable_name(id)
    return text if len(text) <= 13 else f"{text[:8]}{ellipsis}{text[-4:]}"


def duration(value: timedelta | float) -> str:
    """Return a duration for a list: `42s`, `6m`, `3h07`, `3d04`, `42d`; negative ones read `0s`."""
    seconds = _seconds(value)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86_400:
        return f"{seconds // 3600}h{seconds % 3600 // 60:02d}"
    if seconds < 100 * 86_400:
        return f"{seconds // 86_400}d{seconds % 86_400 // 3600:02d}"
    return f"{seconds // 86_400}d"


def duration_exact(value: timedelta | float) -> str:
    """Return a duration for a detail: as `duration`, but minutes with seconds: `6m12`."""
    seconds = _seconds(value)
    if 60 <= seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}"
    return duration(value)


def age(since: datetime, now: datetime) -> str:
    """Return how long ago: steps of 5 s up to a minute, then one unit: `15s`, `6m`, `3h`, `3d`."""
    seconds = _seconds(now - since)
    if seconds < 60:
        return f"{seconds // 5 * 5}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86_400:
        return f"{seconds // 3600}h"
    return f"{seconds // 86_400}d"


def until(at: datetime, now: datetime) -> str:
    """Return how long until a moment, by whole minutes rounded up: `1m`, `3h07`; `now` if over."""
    seconds = (at - now).total_seconds()
    return duration(-(-seconds // 60) * 60) if seconds > 0 else "now"


def zone_mark(zone: tzinfo, at: datetime) -> str:
    """Return what follows a time: `Z` in UTC, else a space and the zone's short name."""
    local = at.astimezone(zone)
    if zone is UTC or local.tzname() == "UTC":
        return "Z"
    return f" {zone_word(zone, at)}"


def zone_word(zone: tzinfo, at: datetime) -> str:
    """Return a short name of a zone: `UTC`, `Paris`, `CEST`."""
    key = getattr(zone, "key", "")
    if key and "/" in key:
        return str(key).rpartition("/")[2].replace("_", " ")
    return at.astimezone(zone).tzname() or "local"


def moment(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """Return a time for a list, as short as it stays clear.

    `02:00` today, `Wed 02:00` within six days, `31 May` within the year around now, else
    `2025-11-03`; always in `zone`, which the column head names.
    """
    local, today = at.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if abs(days) <= 6:
        return f"{_DAYS[local.weekday()]} {local:%H:%M}"
    if abs(days) < 180:
        return f"{local.day:02d} {_MONTHS[local.month - 1]}"
    return f"{local:%Y-%m-%d}"


def moment_long(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """Return a time for a detail: `Fri 05 Jun 02:00Z`, with the year if it is not this one."""
    local = at.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year:04d}"
    day = f"{_DAYS[local.weekday()]} {local.day:02d} {_MONTHS[local.month - 1]}{year}"
    return f"{day} {local:%H:%M}{zone_mark(zone, at)}"


def day(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """Return a day: `Sat 30 May`, with the year if it is not this one."""
    return moment_long(at, now, zone).rsplit(f" {at.astimezone(zone):%H:%M}", 1)[0]


def clock(at: datetime, zone: tzinfo = UTC) -> str:
    """Return `02:01:02Z`: a time of day to the second, with its zone."""
    return f"{at.astimezone(zone):%H:%M:%S}{zone_mark(zone, at)}"


def clock_short(at: datetime, zone: tzinfo = UTC) -> str:
    """Return `02:01Z`: a time of day to the minute, with its zone."""
    return f"{at.astimezone(zone):%H:%M}{zone_mark(zone, at)}"


def count(value: int) -> str:
    """Return a number for a list in at most five cells: `982`, `12k`, `1.2M`, `3.4G`."""
    if abs(value) < 1000:
        return str(value)
    amount = float(value)
    for unit in ("k", "M", "G", "T", "P"):
        amount /= 1000
        if abs(amount) < 9.95:
            return f"{amount:.1f}{unit}"
        if abs(amount) < 999.5:
            return f"{amount:.0f}{unit}"
    return ">999P"


def count_exact(value: int) -> str:
    """Return a number for a detail: `1,204,118`."""
    return f"{value:,}"


def tries(value: int) -> str:
    """Return how often something was tried: `1 try`, `3 tries`."""
    return "1 try" if value == 1 else f"{value} tries"


def ratio(value: float) -> str:
    """Return a ratio: `0.3x`, `12x`."""
    return f"{value:.1f}x" if value < 9.95 else f"{min(value, 999):.0f}x"


def percent(value: float) -> str:
    """Return a share of one as `97%`; 100 % only if nothing is missing."""
    whole = round(value * 100)
    return "99%" if whole == 100 and value < 1 else f"{whole}%"


def _seconds(value: timedelta | float) -> int:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return max(0, int(seconds))
