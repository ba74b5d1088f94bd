"""One word for a schedule, and the facts it rests on.

Nothing is called late or missed on data read before the run was expected: that is `UNKNOWN`. For
the same record, runs and read time the facts stay the same until `valid_until`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain import cron as crons
from qsui.domain import durations, lateness
from qsui.domain.evidence import evidence
from qsui.domain.facts import Mark, ScheduleFacts, Verdict
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.strip import strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.durations import Pace
    from qsui.domain.lateness import DueInfo, Timetable
    from qsui.domain.models import Run, Schedule

RUNS_JUDGED = 60
RATIO_DAYS = timedelta(days=30)

_LATER_FIRES = 2
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_RANK = {verdict: place for place, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class _Past:
    """What the known runs say by themselves."""

    last_run: Run | None = None
    last_final: Run | None = None
    last_good: Run | None = None
    active: Run | None = None
    running: int = 0
    streak: int = 0
    streak_since: datetime | None = None
    failed_due: datetime | None = None
    ok_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The passed fires without a run, sorted by what may be said of them; oldest first."""

    missed: tuple[DueInfo, ...] = ()
    late: tuple[DueInfo, ...] = ()
    unknown: tuple[DueInfo, ...] = ()
    is_held: bool = False
    missed_count: int = 0


def judge(
    schedule: Schedule,
    runs: Sequence[Run],
    *,
    now: datetime,
    read_at: datetime | None,
    enabled_since: datetime | None = None,
    last_read_ok: bool = True,
    runs_from: datetime | None = None,
) -> ScheduleFacts:
    """Judge one schedule by its newest `RUNS_JUDGED` runs (any order) at `now`, server time.

    Args:
        schedule: The record.
        runs: Its known runs.
        now: Aware UTC.
        read_at: When its runs were last read, or known by the change poll to be unchanged; `None`
            if they never were.
        enabled_since: When it was last switched on, if that is known; fires before do not count.
        last_read_ok: Whether the last attempt to read its runs worked.
        runs_from: From which slot on `runs` are known without holes (`None`: from the oldest);
            no gap is claimed before it.
    """
    table = lateness.timetable(schedule, runs, now, enabled_since=enabled_since)
    measured = durations.measured(run for _, run in table.runs)
    pace = durations.pace(measured)
    past = _look_back(table)
    slow_at = _slow_at(past.active, pace)
    waiting = _Waiting()
    if read_at is not None or table.runs:
        waiting = _wait(schedule, table, past, now, read_at if last_read_ok else None)
    verdict, since, due = _decide(schedule, table, past, waiting, now, read_at, slow_at)
    is_on = schedule.state is ScheduleState.ENABLED
    return ScheduleFacts(
        verdict=verdict,
        since=since,
        streak=past.streak,
        missed=waiting.missed_count,
        history=strip(
            table,
            measured,
            pace,
            _marks(waiting),
            gaps_from=_gaps_from(table, read_at, runs_from),
        ),
        history_read=read_at is not None or bool(table.runs),
        last_run=past.last_run,
        last_final=past.last_final,
        last_good=past.last_good,
        active=past.active,
        next_fire_at=table.next_at if is_on else None,
        then_fires=_then(schedule, table.next_at) if is_on else (),
        due_at=due,
        median=pace.median,
        start_lag=table.lag.median,
        start_lag_p95=table.lag.p95,
        ok_ratio=past.ok_ratio,
        known_runs=len(table.runs),
        valid_until=_valid_until(schedule, table, slow_at, now),
        evidence=evidence(schedule, table, pace, streak=past.streak, missed=waiting.missed_count),
    )


def sort_key(facts: ScheduleFacts, schedule: Schedule) -> tuple[int, float, str, str]:
    """Return the place in a list, trouble first.

    By verdict; then the longer streak, the more missed, the longer trouble; healthy ones by their
    next fire; then by name.
    """
    verdict = facts.verdict
    within = 0.0
    if verdict is Verdict.FAILED:
        within = -facts.streak
    elif verdict is Verdict.MISSED:
        within = -facts.missed
    elif verdict in (Verdict.OK, Verdict.UNREAD):
        within = facts.next_fire_at.timestamp() if facts.next_fire_at else float("inf")
    elif facts.since:
        within = facts.since.timestamp()
    return _RANK[verdict], within, schedule.name.casefold(), schedule.id


def _look_back(table: Timetable) -> _Past:
    """Read streak, last runs and share of good ones off the runs, newest first."""
    last_final = last_good = queued = working = None
    streak_since: datetime | None = None
    failed_due: datetime | None = None
    running = streak = good = final = 0
    recent = _recent_from(table)
    for due, run in table.runs:
        state = run.state
        if state is RunState.SUCCESS or state is RunState.WARNING:
            last_final, last_good = last_final or run, last_good or run
            if due is None or due >= recent:
                final, good = final + 1, good + 1
        elif state.is_bad:
            last_final = last_final or run
            if last_good is None:
                failed_due = failed_due or due
                streak, streak_since = streak + 1, run.started_at or due
            if due is None or due >= recent:
                final += 1
        elif state is RunState.QUEUED:
            queued = queued or run
        elif state.is_active:
            running, working = running + 1, run
        elif state.is_final:
            last_final = last_final or run
    return _Past(
        last_run=table.runs[0][1] if table.runs else None,
        last_final=last_final,
        last_good=last_good,
        active=working or queued,
        running=running,
        streak=streak,
        streak_since=streak_since,
        failed_due=failed_due,
        ok_ratio=good / final if final else None,
    )


def _recent_from(table: Timetable) -> datetime:
    """30 days before the newest run or fire, whichever is later: it moves only with those."""
    newest = next((due for due, _ in table.runs if due), _NO_TIME)
    if table.fires:
        newest = max(newest, table.fires[-1])
    return newest - RATIO_DAYS if newest > _NO_TIME + RATIO_DAYS else _NO_TIME


def _slow_at(active: Run | None, pace: Pace) -> datetime | None:
    """When a running run becomes slow."""
    if active is None or pace.slow_after is None or active.state is RunState.QUEUED:
        return None
    return active.started_at + pace.slow_after if active.started_at else None


def _wait(
    schedule: Schedule, table: Timetable, past: _Past, now: datetime, read_at: datetime | None
) -> _Waiting:
    """Sort the fires that should have a run by now; `read_at` is `None` without a read to trust."""
    if schedule.state is not ScheduleState.ENABLED:
        return _Waiting()
    missed: list[DueInfo] = []
    late: list[DueInfo] = []
    unknown: list[DueInfo] = []
    is_held = past.running >= max(schedule.max_active_runs, 1)
    for fire in table.open:
        if now < fire.late_at:
            continue
        if read_at is None or read_at < fire.expect_by:
            unknown.append(fire)
        elif not is_held and read_at >= fire.missed_at and now >= fire.missed_at:
            missed.append(fire)
        else:
            late.append(fire)
    count = len(missed)
    if missed and table.is_cut and table.missing_from:
        cron = crons.parse(schedule.cron)
        count += crons.count_fires(cron, table.missing_from, missed[0].due_at)
    return _Waiting(tuple(missed), tuple(late), tuple(unknown), is_held and bool(late), count)


def _decide(
    schedule: Schedule,
    table: Timetable,
    past: _Past,
    waiting: _Waiting,
    now: datetime,
    read_at: datetime | None,
    slow_at: datetime | None,
) -> tuple[Verdict, datetime | None, datetime | None]:
    """Return the verdict, when it began, and the due time it is about."""
    state = schedule.state
    last_due = table.runs[0][0] if table.runs else None
    if state is ScheduleState.DELETED:
        return Verdict.DELETED, schedule.updated_at, last_due
    if state is ScheduleState.REGISTERING:
        return Verdict.REGISTERING, schedule.updated_at or schedule.created_at, None
    is_over = schedule.end_at is not None and schedule.end_at <= now
    if state is not ScheduleState.DISABLED and not is_over:
        if past.streak:
            return Verdict.FAILED, past.streak_since, past.failed_due
        if waiting.missed:
            since = table.missing_from if table.is_cut else waiting.missed[0].due_at
            return Verdict.MISSED, since, since
        if waiting.late and not waiting.is_held:
            return Verdict.LATE, waiting.late[0].due_at, waiting.late[0].due_at
    if past.active is not None:
        return _decide_active(past.active, table, waiting, is_slow=bool(slow_at and slow_at <= now))
    if state is ScheduleState.DISABLED:
        return Verdict.OFF, schedule.updated_at, last_due
    if is_over:
        return Verdict.ENDED, schedule.end_at, last_due
    if waiting.unknown:
        return Verdict.UNKNOWN, waiting.unknown[0].due_at, waiting.unknown[0].due_at
    return _decide_quiet(schedule, table, past, now, read_at)


def _decide_active(
    active: Run, table: Timetable, waiting: _Waiting, *, is_slow: bool
) -> tuple[Verdict, datetime | None, datetime | None]:
    due = next((due for due, run in table.runs if run is active), None)
    since = active.started_at or due
    if is_slow:
        return Verdict.SLOW, since, due
    if waiting.is_held:
        return Verdict.HELD, waiting.late[0].due_at, waiting.late[0].due_at
    if active.state is RunState.QUEUED:
        return Verdict.QUEUED, since, due
    return Verdict.RUNNING, since, due


def _decide_quiet(
    schedule: Schedule, table: Timetable, past: _Past, now: datetime, read_at: datetime | None
) -> tuple[Verdict, datetime | None, datetime | None]:
    """Nothing is wrong and nothing runs."""
    last_due = table.runs[0][0] if table.runs else None
    if schedule.state is not ScheduleState.ENABLED:
        return Verdict.UNKNOWN, schedule.updated_at, last_due
    if schedule.start_at and schedule.start_at > now:
        return Verdict.NOT_BEGUN, schedule.start_at, None
    if past.last_run is None:
        if read_at is None:
            return Verdict.UNREAD, None, None
        first = table.first_due if table.first_due and table.first_due > now else table.next_at
        return Verdict.NOT_BEGUN, first or schedule.start_at, first
    cron = crons.try_parse(schedule.cron)
    if cron is not None and cron.is_once and table.next_at is None:
        return Verdict.ENDED, past.last_run.ended_at or last_due, last_due
    return Verdict.OK, None, last_due


def _marks(waiting: _Waiting) -> dict[datetime, Mark]:
    marks = {fire.due_at: Mark.NO_RUN for fire in waiting.missed}
    marks.update((fire.due_at, Mark.LATE) for fire in waiting.late)
    marks.update((fire.due_at, Mark.UNKNOWN) for fire in waiting.unknown)
    return marks


def _gaps_from(
    table: Timetable, read_at: datetime | None, runs_from: datetime | None
) -> datetime | None:
    """The moment after which a fire without a run is a gap; `None` if none may be claimed."""
    if read_at is None or table.first_due is None:
        return None
    known = table.first_due - timedelta(microseconds=1)
    return max(known, runs_from) if runs_from else known


def _then(schedule: Schedule, first: datetime | None) -> tuple[datetime, ...]:
    """The fires after the next one."""
    cron = crons.try_parse(schedule.cron)
    found: list[datetime] = []
    fire = first
    while cron is not None and fire is not None and len(found) < _LATER_FIRES:
        fire = crons.next_fire(cron, fire)
        if fire is None or (schedule.end_at and fire > schedule.end_at):
            break
        found.append(fire)
    return tuple(found)


def _valid_until(
    schedule: Schedule, table: Timetable, slow_at: datetime | None, now: datetime
) -> datetime | None:
    """The first moment later than `now` at which time alone changes something."""
    moments = [table.next_at, table.fires_change_at, schedule.start_at, schedule.end_at, slow_at]
    for fire in table.open:
        moments += (fire.late_at, fire.missed_at)
    return min((moment for moment in moments if moment and moment > now), default=None)
