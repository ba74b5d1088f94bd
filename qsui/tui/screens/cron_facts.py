"""What the cadence editor is told by the session, the presets it offers, and its help."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain import cron_edit
from qsui.domain.cron import try_parse
from qsui.domain.cron_load import Load, counts_in
from qsui.domain.models import Run, Schedule
from qsui.present.cron_preview import Paces

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.cron import Cron
    from qsui.present.cron_words import Typed
    from qsui.tui.options import Session

SLICE_S = 0.008
"""Counting the other schedules gives the loop back this often."""

DIALECT = (
    "Five fields: minute, hour, day of month, month, day of week; all times are UTC. Each is *, a "
    "number, a range 1-5, a list 1,15 or one of these with a step: */10, 8-18/2.",
    "Months may be named jan-dec, days of the week sun-sat; both 0 and 7 are Sunday. If day of "
    "month and day of week both name values, either of them is enough.",
    "@hourly, @daily (@midnight), @weekly, @monthly and @yearly (@annually) stand for five fields. "
    "@once runs once: at the start date, or right away if that has passed and it never ran.",
    "Six or seven fields are Quartz, with seconds in front and a year at the end; they and its "
    "signs ?, L, W and # are refused.",
    "The run due at one fire covers the time since the fire before it and carries that one's date. "
    "A new cadence counts from the moment it is saved; a run in progress is not touched.",
)


def paces_of(session: Session, schedule_id: str) -> Paces:
    """Return the median and the longest known run time of a schedule."""
    runs = session.store.snapshot.runs(session.scope, schedule_id).records.values()
    took = [run.duration for run in runs if isinstance(run, Run) and run.duration is not None]
    return Paces(session.verdicts.facts(schedule_id).median, max(took, default=None))


def has_run(session: Session, schedule_id: str) -> bool:
    """Whether any run of a schedule is known."""
    return bool(session.store.snapshot.runs(session.scope, schedule_id).records)


async def count_others(session: Session, schedule: Schedule, now: datetime) -> Load:
    """Count when the other schedules of the scope start, in slices."""
    end = time.perf_counter() + SLICE_S
    expressions: Counter[str] = Counter()
    for record in session.store.snapshot.schedules(session.scope).records.values():
        if isinstance(record, Schedule) and record.ref != schedule.ref and counts_in(record, now):
            expressions[record.cron] += 1
        end = await _breathe(end)
    load = Load()
    for expression, count in expressions.items():
        cron = try_parse(expression)
        if cron is not None:
            load.add(cron, count)
        end = await _breathe(end)
    for n in range(3):  # the days that 48 hours touch
        load.on_day((now + timedelta(days=n)).date())
        end = await _breathe(end)
    return load


def choices(
    value: Typed, schedule: Schedule, old: Cron | None, load: Load | None, now: datetime
) -> tuple[cron_edit.Preset, ...]:
    """Return the presets: four cadences, and the quietest slot or what Quartz fields mean."""
    found = cron_edit.presets(value.text, schedule.cron)
    five = cron_edit.from_quartz(value.text)
    if five:
        return (cron_edit.Preset("as five fields", five), *found)
    cron = value.cron or old
    if load is None or cron is None or len(cron.minutes) != 1:
        return found
    minute, hour = load.quietest(cron, now)
    slot = f":{minute:02d}" if hour is None else f"{hour:02d}:{minute:02d}"
    base = value.text if value.cron is not None else schedule.cron
    return (*found, cron_edit.Preset(f"quietest {slot}", cron_edit.at_slot(base, minute, hour)))


async def _breathe(end: float) -> float:
    """Give the loop back if the slice is used up; returns when the present one ends."""
    if time.perf_counter() < end:
        return end
    await asyncio.sleep(0)
    return time.perf_counter() + SLICE_S
