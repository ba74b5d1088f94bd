"""What follows from a schedule's record, its known runs and the time: the shape of a verdict.

The rules that fill it are in `lateness.py`, `durations.py` and `verdict.py`; nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from qsui.domain.models import Run


class Verdict(StrEnum):
    """The one word for a schedule, worst first; the order is the order of the list."""

    FAILED = "failed"
    MISSED = "missed"
    LATE = "late"
    HELD = "held"  # the run before still runs
    SLOW = "slow"  # running far longer than usual
    RUNNING = "runs"
    QUEUED = "queued"
    REGISTERING = "new"
    UNKNOWN = "unknown"  # the data is too old to tell
    UNREAD = "unread"  # enabled, no run of it was read yet
    OK = "ok"
    NOT_BEGUN = "from"
    OFF = "off"
    ENDED = "ended"
    DELETED = "deleted"


class Mark(StrEnum):
    """One cell of the history strip, oldest first."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    RUNNING = "running"
    QUEUED = "queued"
    NO_RUN = "no run"
    UNKNOWN = "unknown"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class HistoryCell:
    """One slot of the strip.

    `ratio` is duration over the schedule's own median (good runs; `None`: not known).
    """

    mark: Mark
    ratio: float | None = None
    run_id: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """All that a list row, the pane and the JSON output say about a schedule besides its record.

    `history` holds at most 20 cells, oldest first; empty with `history_read` false means "not read
    yet", with true "never ran".
    `since` is when the trouble began: the start of the streak, the due time of a late run, the
    start of a running one, when it was switched off.
    `streak` counts failures in a row up to the last final run. `valid_until` is the first moment at
    which time alone changes something here.
    `evidence` are plain sentences: what the verdict rests on.
    """

    verdict: Verdict
    since: datetime | None = None
    streak: int = 0
    missed: int = 0
    history: tuple[HistoryCell, ...] = ()
    history_read: bool = False
    last_run: Run | None = None
    last_final: Run | None = None
    last_good: Run | None = None
    active: Run | None = None
    next_fire_at: datetime | None = None
    then_fires: tuple[datetime, ...] = ()
    due_at: datetime | None = None
    median: timedelta | None = None
    start_lag: timedelta | None = None
    start_lag_p95: timedelta | None = None
    ok_ratio: float | None = None
    known_runs: int = 0
    valid_until: datetime | None = None
    evidence: tuple[str, ...] = ()
