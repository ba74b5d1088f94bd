"""The keys of each kind of record, in order: what CSV prints as its head even for no rows."""

from __future__ import annotations

_COMMON = ("id", "profile", "name", "state", "raw_state", "created_at", "updated_at")

COLUMNS: dict[str, tuple[str, ...]] = {
    "schedules": (
        *_COMMON,
        "cron",
        "cadence",
        "start_at",
        "end_at",
        "max_active_runs",
        "next_fire_at",
        "sql",
        "owner",
        "last_run_state",
        "last_run_at",
        "last_run_id",
        "streak",
        "history",
    ),
    "runs": (
        *_COMMON,
        "schedule_id",
        "slot_at",
        "due_at",
        "start_lag_s",
        "started_at",
        "ended_at",
        "duration_s",
        "triggered_by",
        "decoded_id",
        "tasks",
        "error",
        "error_is_likely",
        "query_id",
        "from_query",
    ),
    "queries": (
        *_COMMON,
        "sql",
        "effective_sql",
        "elapsed_ms",
        "row_count",
        "client",
        "user",
        "schedule_id",
        "run_id",
        "template_id",
        "datasets",
        "errors",
    ),
    "templates": (*_COMMON, "sql", "parameters", "owner"),
}
