"""What panes and details say of schedules, runs and queries, in one place to import from."""

from __future__ import annotations

from qsui.present.panes_connection import SeenHealth, connection_pane
from qsui.present.panes_query import (
    query_errors,
    query_head,
    query_pane,
    query_text,
    query_title_line,
)
from qsui.present.panes_run import (
    due_title,
    error_lines,
    ids_lines,
    run_head,
    run_pane,
    run_title,
    state_chip,
)
from qsui.present.panes_schedule import evidence_lines, schedule_pane, schedule_title

__all__ = [
    "SeenHealth",
    "connection_pane",
    "due_title",
    "error_lines",
    "evidence_lines",
    "ids_lines",
    "query_errors",
    "query_head",
    "query_pane",
    "query_text",
    "query_title_line",
    "run_head",
    "run_pane",
    "run_title",
    "schedule_pane",
    "schedule_title",
    "state_chip",
]
