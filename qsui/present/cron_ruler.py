"""The load of the next 48 hours as a ruler: what others start, what goes, what comes.

One cell an hour, the present hour first. Pure spans.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.cron_effect import minutes_in
from qsui.domain.cron_load import HOURS_AHEAD
from qsui.present.cron_preview import CROWD, LABEL, remarks
from qsui.present.role import Role, Span, Spans, merged
from qsui.present.signs import Sign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.cron import Cron
    from qsui.present.cron_preview import Preview

RULER_LINES = 4
_BARS = "▁▂▃▄▅▆▇█"
_NOTES_AT = 62
_TICK = 4


def ruler(view: Preview, width: int) -> list[Spans]:
    """Return the scale, the others, now and new, with the remarks to the right of them."""
    first = view.ctx.now.replace(minute=0, second=0, microsecond=0)
    hours = [first + timedelta(hours=n) for n in range(HOURS_AHEAD)]
    lines: list[list[Span]] = [
        [(" " * LABEL + scale(hours), Role.MUTED)],
        [(f"{'Others':<{LABEL}}", Role.MUTED), (_others(view), Role.MUTED)],
        [(f"{'Now':<{LABEL}}", Role.MUTED), *_marks(view, hours, is_new=False)],
        [(f"{'New':<{LABEL}}", Role.MUTED), *_marks(view, hours, is_new=True)],
    ]
    room = width - _NOTES_AT
    notes = [note for note in remarks(view) if len(note[0]) <= room][:RULER_LINES]
    for line, note in zip(lines[RULER_LINES - len(notes) :], notes, strict=True):
        used = sum(len(words) for words, _ in line)
        line += [(" " * (_NOTES_AT - used), Role.TEXT), note]
    return [merged(tuple(line)) for line in lines]


def left_out(view: Preview, width: int) -> list[Span]:
    """Return the remarks that find no place beside the ruler."""
    room = width - _NOTES_AT
    said = remarks(view)
    placed = [note for note in said if len(note[0]) <= room][:RULER_LINES]
    return [note for note in said if note not in placed]


def scale(hours: Sequence[datetime]) -> str:
    """Return the hours of the day every four cells, each over its own cell."""
    cells = [" "] * (len(hours) + 2)
    for index, hour in enumerate(hours):
        if hour.hour % _TICK == 0 and index + 2 <= len(hours):
            cells[index : index + 2] = f"{hour:%H}"
    return "".join(cells).rstrip()


def _others(view: Preview) -> str:
    if view.load is None:
        return "counting the other schedules " + view.ctx.signs.ellipsis
    counts = view.load.by_hour(view.ctx.now)
    base, most = _floor(counts), max(counts, default=0)
    return "".join(_bar(count, base, most, plain=view.ctx.signs.ascii) for count in counts)


def others_range(view: Preview) -> str:
    """Return how many others start in the emptiest and the fullest hour; empty if not known."""
    if view.load is None:
        return ""
    counts = view.load.by_hour(view.ctx.now)
    least, most = min(counts, default=0), max(counts, default=0)
    return f"{least:,} to {most:,}" if least != most else f"{most:,}"


def _floor(counts: Sequence[int]) -> int:
    """What the lowest bar stands for: what starts every minute must not level all hours."""
    least, most = min(counts, default=0), max(counts, default=0)
    return least - 1 if least * 2 > most else 0


def _bar(count: int, base: int, most: int, *, plain: bool) -> str:
    """One hour: nothing for none, else a height from `base` to the fullest hour; ASCII: 1 to 9."""
    if count == 0:
        return " "
    above, span = count - base - 1, max(1, most - base - 1)
    if plain:
        return str(count) if most < 10 else str(1 + above * 8 // span)
    return _BARS[above * (len(_BARS) - 1) // span]


def _marks(view: Preview, hours: Sequence[datetime], *, is_new: bool) -> list[Span]:
    effect = view.effect
    mine, other = (effect.new, effect.old) if is_new else (effect.old, effect.new)
    return [_mark(view, mine, other, hour, is_new=is_new) for hour in hours]


def _mark(
    view: Preview, mine: Cron | None, other: Cron | None, hour: datetime, *, is_new: bool
) -> Span:
    minutes = frozenset(m for m in minutes_in(mine, hour) if _counts(view, hour, m))
    if not minutes:
        return (" ", Role.TEXT)
    if view.effect.new is None or minutes <= minutes_in(other, hour):
        return (view.ctx.signs.of(Sign.DOT), Role.MUTED)
    if not is_new:
        return ("-", Role.ERROR)
    crowd = view.load is not None and any(
        view.load.starts_at(hour + timedelta(minutes=minute)) >= CROWD for minute in minutes
    )
    return (view.ctx.signs.of(Sign.ALARM), Role.WARN) if crowd else ("+", Role.OK)


def _counts(view: Preview, hour: datetime, minute: int) -> bool:
    """Whether a fire lies ahead and within the dates of the schedule."""
    at = hour + timedelta(minutes=minute)
    start, end = view.schedule.start_at, view.schedule.end_at
    if at <= view.ctx.now or (start is not None and at < start):
        return False
    return end is None or at <= end
