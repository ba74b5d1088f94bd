"""Records as scripts get them: flat, snake_case, every key present, `None` for what is not known.

Pure: domain values in, dicts out that `json` can write. Keys are a promise (README, Output).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qsui.cli.times import iso, seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from qsui.domain.facts import HistoryCell, ScheduleFacts
    from qsui.domain.models import Query, QueryError, Run, Schedule, Task, Template

Fields = dict[str, Any]
HISTORY_CELLS = 12


def schedule_record(
    schedule: Schedule,
    *,
    facts: ScheduleFacts | None,
    last_run: Run | None = None,
    next_fire_at: datetime | None = None,
    cadence: Callable[[str], str],
) -> Fields:
    """Describe a schedule.

    `facts` are given if its runs were read: then they say everything about them. Otherwise
    `last_run` is what a query told of it (`None`: nothing), and streak and history are not known.
    """
    if facts is not None:
        last_run = facts.last_run
    return {
        "id": schedule.id,
        "profile": schedule.ref.profile,
        "name": schedule.name or None,
        "state": schedule.state.value,
        "raw_state": schedule.raw_state or None,
        "created_at": iso(schedule.created_at),
        "updated_at": iso(schedule.updated_at),
        "cron": schedule.cron or None,
        "cadence": (cadence(schedule.cron) or None) if schedule.cron else None,
        "start_at": iso(schedule.start_at),
        "end_at": iso(schedule.end_at),
        "max_active_runs": schedule.max_active_runs,
        "next_fire_at": iso(next_fire_at),
        "sql": schedule.sql or None,
        "owner": schedule.owner or None,
        "last_run_state": last_run.state.value if last_run else None,
        "last_run_at": iso(_when(last_run)) if last_run else None,
        "last_run_id": last_run.id if last_run else None,
        "streak": facts.streak if facts is not None else None,
        "history": [_cell(cell) for cell in facts.history[-HISTORY_CELLS:]]
        if facts is not None
        else None,
    }


def run_record(
    run: Run,
    *,
    schedule: Schedule | None,
    due_at: datetime | None = None,
    start_lag: timedelta | None = None,
) -> Fields:
    """Describe a run; `tasks` is `None` unless its detail was read."""
    triggered_by = None
    if run.is_manual is not None:
        triggered_by = "manual" if run.is_manual else "schedule"
    return {
        "id": run.id,
        "profile": run.ref.profile,
        "name": (schedule.name or None) if schedule else None,
        "state": run.state.value,
        "raw_state": run.raw_state or None,
        "created_at": iso(run.slot_at),
        "updated_at": None,
        "schedule_id": run.schedule_id,
        "slot_at": iso(run.slot_at),
        "due_at": iso(due_at),
        "start_lag_s": seconds(start_lag),
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "duration_s": seconds(run.duration),
        "triggered_by": triggered_by,
        "decoded_id": run.decoded_id or None,
        "tasks": None if run.tasks is None else [_task(task) for task in run.tasks],
        "error": error_record(run.error) if run.error else None,
        "error_is_likely": run.error_is_likely if run.error else None,
        "query_id": run.query_id or None,
        "from_query": run.from_query,
    }


def query_record(query: Query) -> Fields:
    """Describe a query; in a list `sql` may be cut and `effective_sql` is not known."""
    return {
        "id": query.id,
        "profile": query.ref.profile,
        "name": query.name or None,
        "state": query.state.value,
        "raw_state": query.raw_state or None,
        "created_at": iso(query.created_at),
        "updated_at": iso(query.updated_at),
        "sql": query.sql or None,
        "effective_sql": query.effective_sql or None,
        "elapsed_ms": None if query.elapsed is None else round(query.elapsed.total_seconds() * 1e3),
        "row_count": query.row_count,
        "client": query.client or None,
        "user": query.user or None,
        "schedule_id": query.schedule_id or None,
        "run_id": query.run_id or None,
        "template_id": query.template_id or None,
        "datasets": list(query.datasets),
        "errors": [error_record(error) for error in query.errors],
    }


def template_record(template: Template) -> Fields:
    """Describe a query template."""
    return {
        "id": template.id,
        "profile": template.ref.profile,
        "name": template.name or None,
        "state": None,
        "raw_state": None,
        "created_at": iso(template.created_at),
        "updated_at": iso(template.updated_at),
        "sql": template.sql or None,
        "parameters": dict(template.parameters),
        "owner": template.owner or None,
    }


def error_record(error: QueryError) -> Fields:
    """Describe why a query failed."""
    return {
        "code": error.code or None,
        "type": error.type or None,
        "message": error.message or None,
        "remedy": error.remedy or None,
    }


def _task(task: Task) -> Fields:
    return {
        "id": task.id,
        "state": task.state.value,
        "raw_state": task.raw_state or None,
        "started_at": iso(task.started_at),
        "ended_at": iso(task.ended_at),
        "duration_s": seconds(task.duration),
        "message": task.message or None,
    }


_WORD_OF_MARK = {
    "ok": "SUCCESS",
    "failed": "FAILED",
    "timeout": "TIMEOUT",
    "cancelled": "CANCELLED",
    "running": "RUNNING",
    "queued": "QUEUED",
    "no run": "NO_RUN",
    "late": "LATE",
    "unknown": "UNKNOWN",
}


def _cell(cell: HistoryCell) -> str:
    return _WORD_OF_MARK[cell.mark.value]


def _when(run: Run) -> datetime | None:
    return run.started_at or run.slot_at
