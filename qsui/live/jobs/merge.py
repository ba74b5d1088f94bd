"""How a new answer about a job or a workflow joins what is known of it. Pure.

A list row knows less than a detail, and some servers tell no times at all: then those at which a
job was first seen at work or over are kept, and marked as seen.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from qsui.domain.states import RunState

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.jobs import Job, Workflow

T = TypeVar("T")

JUST_NOW = timedelta(minutes=1)
_WAITS = (RunState.QUEUED, RunState.STARTING)


def merged_job(old: Job | None, new: Job, now: datetime) -> Job:
    """Keep what only other answers told; what is over never becomes active again.

    `now` is the server's time.
    """
    if old is None:
        return _first_seen(new, now)
    if _is_behind(old, new):
        new = replace(new, state=old.state, raw_state=old.raw_state, disposition=old.disposition)
    started, is_start_seen = _start(old, new, now)
    ended, is_end_seen = _end(old, new, now)
    return replace(
        new,
        disposition=new.disposition or old.disposition,
        workflow_id=new.workflow_id or old.workflow_id,
        workflow_name=new.workflow_name or old.workflow_name,
        submitted_by=new.submitted_by or old.submitted_by,
        queued_at=new.queued_at or old.queued_at,
        started_at=started,
        ended_at=ended,
        seen_duration=new.seen_duration or (None if new.state.is_active else old.seen_duration),
        priority=new.priority or old.priority,
        worker_tag=new.worker_tag or old.worker_tag,
        is_amp=old.is_amp if new.is_amp is None else new.is_amp,
        messages=_more(old.messages, new.messages),
        outputs=_more(old.outputs, new.outputs),
        times_are_seen=is_start_seen or is_end_seen,
        log_is_cut=_is_cut(old, new),
    )


def merged_workflow(old: Workflow | None, new: Workflow) -> Workflow:
    """Keep what only a detail tells while the published version is the same."""
    if old is None or new.is_whole or not old.is_whole or old.version != new.version:
        return new
    return replace(
        new,
        package=new.package or old.package,
        comments=new.comments or old.comments,
        description=new.description or old.description,
        file_name=new.file_name or old.file_name,
        worker_tag=new.worker_tag or old.worker_tag,
        run_count=old.run_count if new.run_count is None else new.run_count,
        is_amp=old.is_amp if new.is_amp is None else new.is_amp,
        can_run=old.can_run,
        is_whole=True,
    )


def _first_seen(new: Job, now: datetime) -> Job:
    """Return a job that nobody saw before; one that came just now has started just now."""
    is_new = new.queued_at is not None and now - new.queued_at <= JUST_NOW
    if new.state is RunState.RUNNING and new.started_at is None and is_new:
        return replace(new, started_at=now, times_are_seen=True)
    return new


def _is_behind(old: Job, new: Job) -> bool:
    """Whether an answer is older than what is known, or knows less of the outcome."""
    if old.state.is_final:
        return not new.state.is_final
    return old.state is RunState.ENDED and new.state.is_active


def _start(old: Job, new: Job, now: datetime) -> tuple[datetime | None, bool]:
    """Return when it started, and whether that was seen instead of told."""
    if new.started_at is not None:
        return new.started_at, False
    if old.started_at is not None:
        return old.started_at, old.times_are_seen
    if new.state is RunState.RUNNING and old.state in _WAITS:
        return now, True
    return None, False


def _end(old: Job, new: Job, now: datetime) -> tuple[datetime | None, bool]:
    """Return when it ended, and whether that was seen instead of told."""
    if new.state.is_active or new.ended_at is not None:
        return new.ended_at, False
    if old.ended_at is not None:
        return old.ended_at, old.times_are_seen
    if old.state.is_active and new.seen_duration is None:
        return now, True
    return None, False


def _is_cut(old: Job, new: Job) -> bool:
    """Whether the log that stays is not all that was said: it spoke on after it was read."""
    if new.messages is not None and (new.messages or not old.messages):
        return new.log_is_cut
    if old.messages is None:
        return False
    return old.log_is_cut or (old.state.is_active and not new.state.is_active)


def _more(old: tuple[T, ...] | None, new: tuple[T, ...] | None) -> tuple[T, ...] | None:
    return new or old if old else new
