"""The plain sentences behind a verdict. They hold no ages: those change without news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain import cron as crons
from qsui.domain.lateness import LEARNED_FROM

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.domain.durations import Pace
    from qsui.domain.lateness import StartLag, Timetable
    from qsui.domain.models import Schedule


def evidence(
    schedule: Schedule, table: Timetable, pace: Pace, *, streak: int, missed: int
) -> tuple[str, ...]:
    """Return what the verdict rests on, most telling first; times in UTC."""
    sentences: list[str] = []
    if streak:
        noun = "run" if streak == 1 else f"{streak} final runs"
        sentences.append(f"The last {noun} failed.")
    if table.open:
        since = table.missing_from if table.is_cut else table.open[0].due_at
        known = f"; {missed} count as missed" if missed else ""
        sentences.append(f"No run was seen since the one due {_time(since)}{known}.")
    sentences.append(_about_cron(schedule) or _about_lag(table.lag))
    if pace.median is not None:
        limit = f"; slow after {_span(pace.slow_after)}" if pace.slow_after else ""
        noun = "success" if pace.runs == 1 else "successes"
        sentences.append(f"Median duration {_span(pace.median)} of {pace.runs} {noun}{limit}.")
    return tuple(sentences)


def _about_cron(schedule: Schedule) -> str:
    cron = crons.try_parse(schedule.cron)
    if cron is None:
        return "The cron expression is not one qsui can read, so no due times are known."
    if cron.is_once:
        return "It runs once."
    return "The cron expression names no date that exists." if cron.is_never else ""


def _about_lag(lag: StartLag) -> str:
    slot = "one interval after its slot" if lag.offset else "at its slot"
    if lag.is_learned and lag.median is not None and lag.p95 is not None:
        return (
            f"A run is due {slot} and starts {_span(lag.median)} later "
            f"(median of {lag.runs}, p95 {_span(lag.p95)})."
        )
    return f"Start lag is being learned: {lag.runs} of {LEARNED_FROM} starts known."


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}" if moment else "?"


def _span(duration: timedelta) -> str:
    """`42s`, `6m12s`, `3h07m`, `3d04h`: the two largest units."""
    seconds = round(duration.total_seconds())
    if seconds < 60:
        return f"{seconds}s"
    for size, big, small, part in ((86400, "d", "h", 3600), (3600, "h", "m", 60)):
        if seconds >= size:
            return f"{seconds // size}{big}{seconds % size // part:02}{small}"
    return f"{seconds // 60}m{seconds % 60:02}s"
