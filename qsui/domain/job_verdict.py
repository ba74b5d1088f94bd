"""The verdict of a schedule that runs a workflow, and the facts it rests on.

Its history is the workflow's: no server says which schedule started a job. What is due and what
ran last is taken from the server's own word on the schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain import durations
from qsui.domain.facts import Mark, ScheduleFacts, Verdict
from qsui.domain.job_due import SLACK, due_of
from qsui.domain.job_due import upcoming as upcoming_of
from qsui.domain.job_evidence import job_evidence
from qsui.domain.jobs import Severity
from qsui.domain.lateness import StartLag, Timetable
from qsui.domain.models import QueryError, Run
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.strip import strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.durations import Pace
    from qsui.domain.job_due import Due
    from qsui.domain.jobs import Job
    from qsui.domain.models import Schedule

JOBS_JUDGED = 60
RATIO_DAYS = timedelta(days=30)
_GOOD = (RunState.SUCCESS, RunState.WARNING)
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Past:
    """What the jobs say by themselves."""

    last: Run | None = None
    last_final: Run | None = None
    last_good: Run | None = None
    active: Run | None = None
    streak: int = 0
    streak_since: datetime | None = None
    ok_ratio: float | None = None


def judge_by_jobs(
    schedule: Schedule,
    jobs: Sequence[Job],
    *,
    now: datetime,
    read_at: datetime | None,
    jobs_are_read: bool = True,
    siblings: int = 1,
) -> ScheduleFacts:
    """Judge a schedule by the newest jobs (any order) of its workflow at `now`, server time.

    Args:
        schedule: The record.
        jobs: The known jobs of its workflow.
        now: Aware UTC.
        read_at: When the schedules were last read (server time); `None` if they never were.
        jobs_are_read: Whether the jobs of that workflow were ever read.
        siblings: How many schedules run the same workflow, this one among them.
    """
    runs = [run_of(job) for job in sorted(jobs, key=_age, reverse=True)[:JOBS_JUDGED]]
    table = Timetable(tuple((run.slot_at, run) for run in runs), StartLag())
    measured = durations.measured(runs)
    pace = durations.pace(measured)
    past = _look_back(runs, now)
    slow_at = _slow_at(past.active, pace)
    due = due_of(schedule, runs, now, read_at)
    has_error = _has_error(schedule, past)
    verdict, since = _decide(schedule, past, due, now, slow_at, has_error=has_error)
    is_on = schedule.state is ScheduleState.ENABLED
    upcoming = upcoming_of(schedule, now) if is_on else ()
    marks = {due.at: _MARKS[due.verdict]} if due and due.verdict in _MARKS else {}
    return ScheduleFacts(
        verdict=verdict,
        since=since,
        streak=past.streak,
        missed=int(due is not None and due.verdict is Verdict.MISSED),
        history=strip(table, measured, pace, marks, gaps_from=None),
        history_read=jobs_are_read or bool(runs),
        last_run=past.last,
        last_final=past.last_final,
        last_good=past.last_good,
        active=past.active,
        next_fire_at=upcoming[0] if upcoming else None,
        then_fires=upcoming[1:],
        due_at=due.at if due else None,
        median=pace.median,
        ok_ratio=past.ok_ratio,
        known_runs=len(runs),
        valid_until=_valid_until(schedule, due, slow_at, upcoming, now),
        evidence=job_evidence(
            schedule,
            pace,
            due,
            streak=past.streak,
            has_error=has_error,
            has_history=bool(runs),
            siblings=siblings,
            is_read=jobs_are_read,
        ),
    )


def run_of(job: Job) -> Run:
    """Return a job in the shape of a run; its ref still is that of the job."""
    text = next(
        (m.text for m in job.messages or () if m.severity is Severity.ERROR),
        "",
    )
    return Run(
        ref=job.ref,
        state=job.state,
        raw_state=job.raw_state,
        slot_at=job.queued_at,
        seen_started_at=job.started_at,
        seen_ended_at=job.ended_at,
        error=QueryError("", "", text, text) if text and job.state.is_bad else None,
    )


def _age(job: Job) -> tuple[datetime, str]:
    return job.queued_at or job.started_at or _NO_TIME, job.id


def _look_back(runs: Sequence[Run], now: datetime) -> _Past:
    """Read streak, last jobs and share of good ones off the jobs, newest first."""
    final = [run for run in runs if run.state.is_final]
    streak = 0
    since: datetime | None = None
    for run in final:
        if run.state is RunState.CANCELLED:
            continue
        if not run.state.is_bad:
            break
        streak += 1
        since = run.started_at or run.slot_at or since
    recent = [r for r in final if r.slot_at is None or r.slot_at > now - RATIO_DAYS]
    good = sum(run.state in _GOOD for run in recent)
    return _Past(
        last=runs[0] if runs else None,
        last_final=final[0] if final else None,
        last_good=next((run for run in final if run.state in _GOOD), None),
        active=_active(runs),
        streak=streak,
        streak_since=since,
        ok_ratio=good / len(recent) if recent else None,
    )


def _active(runs: Sequence[Run]) -> Run | None:
    """Return the oldest job at work, else the oldest that waits."""
    active = [run for run in reversed(runs) if run.state.is_active]
    working = (run for run in active if run.state is not RunState.QUEUED)
    return next(working, active[0] if active else None)


def _slow_at(active: Run | None, pace: Pace) -> datetime | None:
    if active is None or pace.slow_after is None or active.state is not RunState.RUNNING:
        return None
    return active.started_at + pace.slow_after if active.started_at else None


def _has_error(schedule: Schedule, past: _Past) -> bool:
    """Whether the error that the server keeps is of its last run, and no later job went well."""
    if not schedule.last_error:
        return False
    ran, good = schedule.last_run_at, past.last_good
    return not (ran and good and good.slot_at and good.slot_at > ran + SLACK)


def _decide(
    schedule: Schedule,
    past: _Past,
    due: Due | None,
    now: datetime,
    slow_at: datetime | None,
    *,
    has_error: bool,
) -> tuple[Verdict, datetime | None]:
    """Return the verdict and when it began."""
    state, active = schedule.state, past.active
    if state is ScheduleState.DELETED:
        return Verdict.DELETED, schedule.updated_at
    if state is not ScheduleState.DISABLED:
        if not schedule.workflow_id:
            return Verdict.FAILED, schedule.updated_at
        if past.streak:
            return Verdict.FAILED, past.streak_since
        if has_error:
            return Verdict.FAILED, schedule.last_run_at
        if due is not None and due.verdict in (Verdict.MISSED, Verdict.LATE):
            return due.verdict, due.at
    if active is not None:
        since = active.started_at or active.slot_at
        if active.state is RunState.QUEUED:
            return Verdict.QUEUED, active.slot_at
        return (Verdict.SLOW if slow_at and slow_at <= now else Verdict.RUNNING), since
    if state is ScheduleState.DISABLED:
        return Verdict.OFF, schedule.updated_at
    return _decide_quiet(schedule, past, due, now)


def _decide_quiet(
    schedule: Schedule, past: _Past, due: Due | None, now: datetime
) -> tuple[Verdict, datetime | None]:
    """Nothing is wrong and nothing runs."""
    if schedule.end_at is not None and schedule.end_at <= now:
        return Verdict.ENDED, schedule.end_at
    if schedule.state is not ScheduleState.ENABLED:
        return Verdict.UNKNOWN, schedule.updated_at
    if due is not None and due.verdict is Verdict.UNKNOWN:
        return Verdict.UNKNOWN, due.at
    if past.last is None and schedule.last_run_at is None:
        return Verdict.NOT_BEGUN, schedule.next_run_at or schedule.start_at
    if past.last is not None and past.last.state is RunState.ENDED:
        return Verdict.UNREAD, None
    return Verdict.OK, None


_MARKS = {Verdict.MISSED: Mark.NO_RUN, Verdict.LATE: Mark.LATE, Verdict.UNKNOWN: Mark.UNKNOWN}


def _valid_until(
    schedule: Schedule,
    due: Due | None,
    slow_at: datetime | None,
    upcoming: tuple[datetime, ...],
    now: datetime,
) -> datetime | None:
    """The first moment later than `now` at which time alone changes something."""
    moments = [schedule.next_run_at, schedule.end_at, slow_at, *upcoming[:1]]
    if due is not None:
        moments += (due.late_at, due.missed_at)
    return min((moment for moment in moments if moment and moment > now), default=None)
