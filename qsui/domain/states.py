"""One state vocabulary for everything that executes, and one for schedules.

Servers use their own words, in changing case; `execution_state` and `schedule_state` fold them. The
raw word is kept beside the folded one on every
record, so that a word nobody knew is shown as sent.
"""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """The state of a query, run, task or job."""

    QUEUED = "QUEUED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMEOUT = "TIMEOUT"
    ENDED = "ENDED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_final(self) -> bool:
        """Whether it can no longer change; `ENDED` is over but its outcome is still to be read."""
        return self in _FINAL

    @property
    def is_bad(self) -> bool:
        """Whether it ended without doing its work and nobody asked for that."""
        return self in (RunState.FAILED, RunState.TIMEOUT)

    @property
    def is_active(self) -> bool:
        """Whether it waits or works now."""
        return self in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING)


class ScheduleState(StrEnum):
    """The state of a schedule, as the server says it.

    A final run or an end date do not change it.
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    REGISTERING = "REGISTERING"
    DELETED = "DELETED"
    UNKNOWN = "UNKNOWN"


_FINAL = frozenset(
    {RunState.SUCCESS, RunState.WARNING, RunState.FAILED, RunState.CANCELLED, RunState.TIMEOUT}
)

_EXECUTION_WORDS = {
    "SUBMITTED": RunState.QUEUED,
    "QUEUED": RunState.QUEUED,
    "QUEUED_FOR_RETRY": RunState.QUEUED,
    "STARTING": RunState.STARTING,
    "IN_PROGRESS": RunState.RUNNING,
    "RUNNING": RunState.RUNNING,
    "SUCCESS": RunState.SUCCESS,
    "FAILED": RunState.FAILED,
    "KILLED": RunState.CANCELLED,
    "CANCELLED": RunState.CANCELLED,
    "CANCELED": RunState.CANCELLED,
    "TIMEOUT": RunState.TIMEOUT,
}


def execution_state(raw: str) -> RunState:
    """Fold a server's word for a query, run or task; `UNKNOWN` for a word not in the table."""
    return _EXECUTION_WORDS.get(raw.strip().upper(), RunState.UNKNOWN)


def schedule_state(raw: str) -> ScheduleState:
    """Fold a server's word for a schedule; `UNKNOWN` for a word not in the table."""
    try:
        return ScheduleState(raw.strip().upper())
    except ValueError:
        return ScheduleState.UNKNOWN


_JOB_WORDS = {
    "QUEUED": RunState.QUEUED,
    "CREATED": RunState.QUEUED,
    "INITIALIZING": RunState.STARTING,
    "INITIALISING": RunState.STARTING,
    "RUNNING": RunState.RUNNING,
    "CANCELLED": RunState.CANCELLED,
    "CANCELED": RunState.CANCELLED,
    "ERROR": RunState.FAILED,
    "FAILED": RunState.FAILED,
}
_OUTCOME_WORDS = {
    "SUCCESS": RunState.SUCCESS,
    "WARNING": RunState.WARNING,
    "ERROR": RunState.FAILED,
    "CANCELLED": RunState.CANCELLED,
    "CANCELED": RunState.CANCELLED,
}
_ENDED_WORDS = frozenset({"COMPLETED", "COMPLETE"})


def job_state(status: str, disposition: str = "") -> RunState:
    """Fold the two words of an Alteryx job into one.

    A failed job reads `Completed`: without an outcome that is known it is `ENDED`, never a success.
    """
    word = status.strip().upper()
    if word in _ENDED_WORDS:
        return _OUTCOME_WORDS.get(disposition.strip().upper(), RunState.ENDED)
    return _JOB_WORDS.get(word, RunState.UNKNOWN)
