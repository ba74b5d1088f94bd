"""When a schedule that runs a workflow is due, by its zone, and what left no trace of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qsui.domain import cron as crons
from qsui.domain.facts import Verdict
from qsui.domain.lateness import LEAST_LAG, LEAST_MARGIN, LEAST_MISSED
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.models import Run, Schedule

LATE_AFTER = LEAST_LAG + LEAST_MARGIN
SLACK = timedelta(minutes=2)
"""A job may come so much before the minute at which it was due, by the two clocks."""

_LATER_FIRES = 2
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """A fire that passed and left no trace, and what may be said of it."""

    at: datetime
    verdict: Verdict | None = None

    @property
    def late_at(self) -> datetime:
        """From when on it is late."""
        return self.at + LATE_AFTER

    @property
    def missed_at(self) -> datetime:
        """From when on it is missed."""
        return self.at + LEAST_MISSED


def due_of(
    schedule: Schedule, runs: Sequence[Run], now: datetime, read_at: datetime | None
) -> Due | None:
    """Return the fire that passed without a trace, if one did.

    It is the next run that the server still announces although its time is over, else the last fire
    of a cron expression if the server says that it ran before that only.
    """
    if schedule.state is not ScheduleState.ENABLED or not schedule.workflow_id:
        return None
    at = schedule.next_run_at
    if at is None or at > now:
        at = _last_fire(schedule, now)
    if at is None or _left_a_trace(schedule, runs, at):
        return None
    due = Due(at)
    if now < due.late_at:
        return due
    if read_at is None or read_at < due.late_at:
        return Due(at, Verdict.UNKNOWN)
    is_missed = now >= due.missed_at and read_at >= due.missed_at
    return Due(at, Verdict.MISSED if is_missed else Verdict.LATE)


def _last_fire(schedule: Schedule, now: datetime) -> datetime | None:
    """Return the last fire by the cron expression, if the record can show whether it was served."""
    zone, cron = zone_of(schedule), crons.try_parse(schedule.cron)
    ran = schedule.last_run_at
    if zone is None or cron is None or cron.is_once or cron.is_never or ran is None:
        return None
    fire = crons.previous_fire(cron, _wall(now, zone))
    at = _from_wall(fire, zone) if fire else None
    begun = (schedule.updated_at, schedule.created_at, schedule.start_at)
    if at is None or at <= max((moment for moment in begun if moment), default=_NO_TIME):
        return None
    return at


def _left_a_trace(schedule: Schedule, runs: Sequence[Run], at: datetime) -> bool:
    earliest = at - SLACK
    if schedule.last_run_at is not None and schedule.last_run_at >= earliest:
        return True
    return any(run.slot_at is not None and run.slot_at >= earliest for run in runs)


def zone_of(schedule: Schedule) -> ZoneInfo | None:
    """Return the zone in which its cadence counts; `None` if its name is not one that we know."""
    return _zone(schedule.time_zone or "UTC")


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the time on the wall of a zone, dressed as UTC, in which expressions are counted."""
    return moment.astimezone(zone).replace(tzinfo=UTC)


def _from_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone).astimezone(UTC)


def upcoming(schedule: Schedule, now: datetime) -> tuple[datetime, ...]:
    """Return the next runs: the server's word first, the rest by the expression."""
    first = schedule.next_run_at if schedule.next_run_at and schedule.next_run_at > now else None
    zone, cron = zone_of(schedule), crons.try_parse(schedule.cron)
    if zone is None or cron is None:
        return (first,) if first else ()
    found = [first] if first else []
    fire: datetime | None = _wall(first or now, zone)
    while fire is not None and len(found) <= _LATER_FIRES:
        fire = crons.next_fire(cron, fire)
        if fire is not None:
            found.append(_from_wall(fire, zone))
    end = schedule.end_at
    return tuple(at for at in found if end is None or at <= end)
