"""Records as scripts get them: flat, snake_case, every key present, `None` for what is not known.

Pure: domain values in, dicts out that `json` can write. Keys are a promise (README, Output).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qsui.cli.times import iso, seconds

if TYPE_CHECKING:
    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.runs_of import TimedRun
    from qsui.domain.facts import HistoryCell
    from qsui.domain.models import Query, QueryError, Schedule, Task, Template

Fields = dict[str, Any]
HISTORY_CELLS = 12


def schedule_record_of(judged: JudgedSchedule) -> Fields:
    """Describe a schedule.

    If its runs were not read, the last run is what a query told of it, and streak and history are
    not known.
    """
    schedule, facts = judged.schedule, judged.facts
    last_run = facts.last_run
    return {
        **_head(schedule, schedule.name),
        "cron": schedule.cron or None,
        "cadence": _cadence(schedule),
        "start_at": iso(schedule.start_at),
        "end_at": iso(schedule.end_at),
        "max_active_runs": None if schedule.runs_workflow else schedule.max_active_runs,
        "next_fire_at": iso(judged.next_fire_at),
        "sql": schedule.sql or None,
        "owner": schedule.owner or None,
        "last_run_state": last_run.state.value if last_run else None,
        "last_run_at": iso(judged.last_run_at),
        "last_run_id": last_run.id if last_run else None,
        "streak": facts.streak if judged.runs_read else None,
        "history": [_cell(cell) for cell in facts.history[-HISTORY_CELLS:]]
        if judged.runs_read
        else None,
        "workflow_id": schedule.workflow_id or None,
        "workflow_name": schedule.workflow_name or None,
        "time_zone": schedule.time_zone or None,
        "last_error": schedule.last_error or None,
    }


def run_record_of(row: TimedRun) -> Fields:
    """Describe a run; `tasks` is `None` unless its detail was read."""
    run = row.run
    triggered_by = None
    if run.is_manual is not None:
        triggered_by = "manual" if run.is_manual else "schedule"
    return {
        "id": run.id,
        "profile": run.ref.profile,
        "name": (row.schedule.name or None) if row.schedule else None,
        "state": run.state.value,
        "raw_state": run.raw_state or None,
        "created_at": iso(run.slot_at),
        "updated_at": None,
        "schedule_id": run.schedule_id,
        "slot_at": iso(run.slot_at),
        "due_at": iso(row.due_at),
        "start_lag_s": seconds(row.start_lag),
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
        **_head(query, query.name),
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


def _head(record: Schedule | Query, name: str) -> Fields:
    return {
        "id": record.id,
        "profile": record.ref.profile,
        "name": name or None,
        "state": record.state.value,
        "raw_state": record.raw_state or None,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
    }


def _cadence(schedule: Schedule) -> str | None:
    """Return the cadence in words, those of the server where it tells no expression."""
    from qsui.present.cadence import long

    if not schedule.cron:
        return schedule.cadence_words or None
    zone = schedule.time_zone
    words = long(schedule.cron)
    return (f"{words} ({zone})" if words and zone not in ("", "UTC") else words) or None


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
