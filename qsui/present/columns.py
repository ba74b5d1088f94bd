"""The lists: which columns each has, in which order they stand and drop, and their cell makers.

Those of a server with workflows are in `columns_job`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from qsui.present.cells_query import QUERY_SORTS, query_cells
from qsui.present.cells_run import RUN_SORTS, SeenRun, run_cells, task_cells
from qsui.present.cells_schedule import SCHEDULE_SORTS, SeenSchedule, schedule_cells
from qsui.present.layout import (
    STATE,
    STATE_NARROW,
    WHY,
    Column,
    Fitted,
    LookContext,
    dropped_count,
    fit_columns,
)
from qsui.present.scopes import SCOPE_COLUMN, scope_names, with_scope
from qsui.present.text import zone_word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

__all__ = [
    "ALL_RUNS_COLUMNS",
    "QUERY_COLUMNS",
    "QUERY_SORTS",
    "RUN_COLUMNS",
    "RUN_SORTS",
    "SCHEDULE_COLUMNS",
    "SCHEDULE_SORTS",
    "SCOPE_COLUMN",
    "SERVER_SCHEDULE_COLUMNS",
    "TASK_COLUMNS",
    "Column",
    "Fitted",
    "LookContext",
    "SeenRun",
    "SeenSchedule",
    "dropped_count",
    "fit_columns",
    "in_zone",
    "query_cells",
    "run_cells",
    "schedule_cells",
    "scope_names",
    "task_cells",
    "with_scope",
]

SCHEDULE_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    Column("name", "Name", 18, flex=True, max_width=32, when="always", sort_key="name"),
    WHY,
    Column("history", "Last 20", 20, drop=2, small=("Last 12", 12)),
    Column("next", "Next", 6, align="right", drop=1, sort_key="next", ages=True),
    Column("cadence", "Cadence, UTC", 16, drop=3, sort_key="cadence"),
    Column("median", "Median", 6, align="right", drop=4, sort_key="median"),
    Column("lag", "Lag", 4, align="right", drop=5, sort_key="lag"),
    Column("ok", "OK 30d", 6, align="right", drop=6, sort_key="ok"),
    Column("owner", "Owner", 11, drop=7, sort_key="owner"),
    Column("id", "Id", 13, drop=8, when="wide"),
    Column("created", "Created", 10, align="right", drop=9, when="wide", sort_key="created"),
    Column("updated", "Updated", 10, align="right", drop=10, when="wide", sort_key="updated"),
    Column("max_active", "Max", 3, align="right", drop=11, when="wide", sort_key="max_active"),
    Column("start", "Start", 10, align="right", drop=12, when="wide", sort_key="start"),
    Column("end", "End", 10, align="right", drop=13, when="wide", sort_key="end"),
)

SERVER_SCHEDULE_COLUMNS: tuple[Column, ...] = tuple(
    replace(column, width=20) if column.id == "cadence" else column for column in SCHEDULE_COLUMNS
)
"""The same where some schedules run workflows: their cadences count in zones that cells name."""

_DUE = Column("due", "Due", 13, when="always", sort_key="due")
_START = Column("start", "Start", 8, align="right", drop=3, sort_key="start")
_TOOK = Column("took", "Took", 6, align="right", drop=1, sort_key="took", ages=True)
_RUN_REST = (
    Column("x_median", "xMed", 5, align="right", drop=4),
    Column("by", "By", 6, drop=5),
    Column("tasks", "Tasks", 6, align="right", drop=6),
    Column("error", "Error", 16, flex=True, drop=2, sort_key="error"),
    Column("slot", "Slot", 16, drop=7, when="wide", sort_key="due"),
    Column("id", "Id", 24, drop=8, when="wide"),
)

RUN_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    _DUE,
    replace(WHY, flex=True),
    _START,
    _TOOK,
    *_RUN_REST,
)
"""Runs of one schedule."""

ALL_RUNS_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    Column("schedule", "Schedule", 18, flex=True, max_width=22, when="always", sort_key="schedule"),
    replace(_DUE, when="normal"),
    replace(WHY, width=12),
    _START,
    _TOOK,
    *_RUN_REST,
)
"""Runs of all schedules: with the schedule's name."""

QUERY_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    Column("sql", "SQL or template", 20, flex=True, when="always", sort_key="sql"),
    WHY,
    Column("client", "Client", 10, drop=3, sort_key="client"),
    Column("user", "User", 11, drop=4, sort_key="user"),
    Column("created", "Created", 9, align="right", drop=2, sort_key="created"),
    _TOOK,
    Column("rows", "Rows", 9, align="right", drop=5, sort_key="rows"),
    Column("updated", "Updated", 9, align="right", drop=6, when="wide", sort_key="updated"),
    Column("id", "Id", 13, drop=7, when="wide"),
)

TASK_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    Column("task", "Task", 11, when="always"),
    replace(_START, sort_key=None, drop=3),
    Column("end", "End", 8, align="right", drop=4),
    replace(_TOOK, sort_key=None, when="always"),
    Column("gantt", "", 20, flex=True, drop=2),
)

_TIMES = {"due", "start", "end", "slot", "created", "updated", "queued", "started", "ended", "ran"}


def in_zone(columns: Sequence[Column], zone: tzinfo, now: datetime) -> tuple[Column, ...]:
    """Name the zone in the heads of time columns that have room for it; UTC is not named."""
    if zone is UTC:
        return tuple(columns)
    word = zone_word(zone, now)
    return tuple(
        replace(column, title=f"{column.title}, {word}")
        if column.id in _TIMES and len(column.title) + len(word) + 2 <= column.width
        else column
        for column in columns
    )
