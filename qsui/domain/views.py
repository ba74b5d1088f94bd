"""A record together with what follows from others: what lists show and filters look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.models import Run, Schedule


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule with what follows from its runs, and its cadence in words if that is known."""

    schedule: Schedule
    facts: ScheduleFacts
    cadence: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its schedule (`None`: not known), due time and start lag."""

    run: Run
    schedule: Schedule | None = None
    due_at: datetime | None = None
    start_lag: timedelta | None = None
    median: timedelta | None = None
