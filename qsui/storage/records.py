"""Schedules and runs as JSON text for the history, and back.

Identity is not in the text: refs are made anew from the scope that asks, so that a renamed profile
finds its rows again. A text of another shape raises `ValueError`, `KeyError` or `TypeError`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from qsui.domain.models import Kind, QueryError, Ref, Run, Schedule, Task
from qsui.domain.states import RunState, ScheduleState

if TYPE_CHECKING:
    from qsui.domain.models import Scope

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)

_SCHEDULE_TEXTS = (
    "name",
    "raw_state",
    "cron",
    "sql",
    "owner",
    "updated_by",
    "description",
    "template_id",
)
_SCHEDULE_TIMES = ("start_at", "end_at", "created_at", "updated_at")
_SERVER_TEXTS = (
    "workflow_id",
    "workflow_name",
    "cadence_words",
    "time_zone",
    "last_error",
    "priority",
    "worker_tag",
    "worker",
)
_SERVER_TIMES = ("next_run_at", "last_run_at")
_RUN_TIMES = ("slot_at", "seen_started_at", "seen_ended_at")


def schedule_text(schedule: Schedule) -> str:
    """Write a schedule."""
    fields: dict[str, Any] = {name: getattr(schedule, name) for name in _SCHEDULE_TEXTS}
    fields |= {name: as_time(getattr(schedule, name)) for name in _SCHEDULE_TIMES}
    fields["state"] = schedule.state.value
    fields["sql_is_cut"] = schedule.sql_is_cut
    fields["max_active_runs"] = schedule.max_active_runs
    if schedule.runs_workflow:
        fields["server"] = _server_fields(schedule)
    return as_text(fields)


def schedule_of(scope: Scope, id: str, text: str) -> Schedule:
    """Read a schedule."""
    fields = json.loads(text)
    return Schedule(
        ref=Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", id),
        state=ScheduleState(fields["state"]),
        sql_is_cut=bool(fields["sql_is_cut"]),
        max_active_runs=int(fields["max_active_runs"]),
        name=str(fields["name"]),
        raw_state=str(fields["raw_state"]),
        cron=str(fields["cron"]),
        sql=str(fields["sql"]),
        owner=str(fields["owner"]),
        updated_by=str(fields["updated_by"]),
        description=str(fields["description"]),
        template_id=str(fields["template_id"]),
        start_at=time_of_text(fields["start_at"]),
        end_at=time_of_text(fields["end_at"]),
        created_at=time_of_text(fields["created_at"]),
        updated_at=time_of_text(fields["updated_at"]),
        **_server_values(fields.get("server")),
    )


def _server_fields(schedule: Schedule) -> dict[str, Any]:
    """Return what a schedule of workflows has beside the rest."""
    fields: dict[str, Any] = {name: getattr(schedule, name) for name in _SERVER_TEXTS}
    fields |= {name: as_time(getattr(schedule, name)) for name in _SERVER_TIMES}
    return fields | {"run_count": schedule.run_count, "can_edit": schedule.can_edit}


def _server_values(fields: dict[str, Any] | None) -> dict[str, Any]:
    if fields is None:
        return {}
    count, can_edit = fields["run_count"], fields["can_edit"]
    values: dict[str, Any] = {name: str(fields[name]) for name in _SERVER_TEXTS}
    values |= {name: time_of_text(fields[name]) for name in _SERVER_TIMES}
    return values | {
        "runs_workflow": True,
        "run_count": None if count is None else int(count),
        "can_edit": None if can_edit is None else bool(can_edit),
    }


def run_text(run: Run) -> str:
    """Write a run."""
    fields: dict[str, Any] = {name: as_time(getattr(run, name)) for name in _RUN_TIMES}
    fields["state"] = run.state.value
    fields["raw_state"] = run.raw_state
    fields["decoded_id"] = run.decoded_id
    fields["is_manual"] = run.is_manual
    fields["query_id"] = run.query_id
    fields["from_query"] = run.from_query
    fields["error_is_likely"] = run.error_is_likely
    if run.error is not None:
        error = run.error
        fields["error"] = [error.code, error.type, error.message, error.raw, error.remedy]
    if run.tasks is not None:
        fields["tasks"] = [
            [
                task.id,
                task.state.value,
                task.raw_state,
                as_time(task.started_at),
                as_time(task.ended_at),
                None if task.duration is None else task.duration.total_seconds(),
                task.message,
            ]
            for task in run.tasks
        ]
    return as_text(fields)


def run_of(scope: Scope, schedule_id: str, id: str, text: str) -> Run:
    """Read a run."""
    fields = json.loads(text)
    tasks, error = fields.get("tasks"), fields.get("error")
    return Run(
        ref=Ref(scope.profile, scope.sandbox, Kind.RUN, schedule_id, id),
        state=RunState(fields["state"]),
        raw_state=str(fields["raw_state"]),
        decoded_id=str(fields["decoded_id"]),
        is_manual=None if fields["is_manual"] is None else bool(fields["is_manual"]),
        tasks=None if tasks is None else tuple(_task(*task) for task in tasks),
        error=None if error is None else QueryError(*(str(part) for part in error)),
        error_is_likely=bool(fields["error_is_likely"]),
        query_id=str(fields["query_id"]),
        from_query=bool(fields["from_query"]),
        **{name: time_of_text(fields[name]) for name in _RUN_TIMES},
    )


def richness(run: Run) -> int:
    """How much is known of a finished run: a poorer version never replaces a richer one."""
    knows_outcome = run.error is not None or not run.state.is_bad
    return 4 * (not run.from_query) + 2 * (run.tasks is not None) + knows_outcome


def _task(
    id: str,
    state: str,
    raw_state: str,
    started_at: str | None,
    ended_at: str | None,
    duration_s: float | None,
    message: str,
) -> Task:
    return Task(
        id=str(id),
        state=RunState(state),
        raw_state=str(raw_state),
        started_at=time_of_text(started_at),
        ended_at=time_of_text(ended_at),
        duration=None if duration_s is None else timedelta(seconds=float(duration_s)),
        message=str(message),
    )


def as_text(fields: dict[str, Any]) -> str:
    """Write fields in ASCII and without blanks."""
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def as_time(time: datetime | None) -> str | None:
    """Write a time in UTC."""
    return None if time is None else time.astimezone(UTC).isoformat()


def time_of_text(text: str | None) -> datetime | None:
    """Read a time; aware UTC."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
