"""The lists of a server with workflows: their columns, how these stand and drop, cell makers."""

from __future__ import annotations

from dataclasses import replace

from qsui.present.cells_job import JOB_SORTS, job_cells
from qsui.present.cells_workflow import WORKFLOW_SORTS, workflow_cells
from qsui.present.layout import STATE, STATE_NARROW, WHY, Column

__all__ = [
    "JOB_COLUMNS",
    "JOB_SORTS",
    "WORKFLOW_COLUMNS",
    "WORKFLOW_JOB_COLUMNS",
    "WORKFLOW_SORTS",
    "job_cells",
    "workflow_cells",
]

_WAITS = Column("waits", "Waits", 6, align="right", drop=1, sort_key="waits", ages=True)
_RUNS = Column("runs", "Runs", 6, align="right", drop=2, sort_key="took", ages=True)
_RESULT = Column("result", "Result", 24, flex=True, drop=3)
_QUEUED = Column("queued", "Queued", 13, sort_key="queued")
_REST = (
    Column("priority", "Priority", 8, drop=4, sort_key="priority"),
    Column("worker", "Worker", 8, drop=5, sort_key="worker"),
    Column("owner", "Owner", 11, drop=6, sort_key="owner"),
    Column("by", "By", 6, drop=7, when="wide"),
)
_TIMES = (
    Column("started", "Started", 9, align="right", drop=9, when="wide", sort_key="started"),
    Column("ended", "Ended", 9, align="right", drop=10, when="wide", sort_key="ended"),
    Column("id", "Id", 13, drop=11, when="wide"),
)

JOB_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    Column("name", "Job", 18, flex=True, max_width=26, when="always", sort_key="name"),
    WHY,
    _WAITS,
    _RUNS,
    _RESULT,
    *_REST,
    replace(_QUEUED, drop=8, when="wide"),
    *_TIMES,
)
"""Jobs of all workflows."""

WORKFLOW_JOB_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    replace(_QUEUED, when="always"),
    replace(WHY, flex=True),
    _WAITS,
    _RUNS,
    _RESULT,
    *_REST,
    *_TIMES,
)
"""Jobs of one workflow: without its name."""

WORKFLOW_COLUMNS: tuple[Column, ...] = (
    STATE,
    STATE_NARROW,
    Column("name", "Workflow", 18, flex=True, max_width=26, when="always", sort_key="name"),
    WHY,
    Column("ran", "Last ran", 9, align="right", drop=1, sort_key="ran"),
    Column("median", "Median", 6, align="right", drop=4, sort_key="median"),
    Column("next", "Next", 6, align="right", drop=2, sort_key="next", ages=True),
    Column("schedules", "Sched", 5, align="right", drop=5, sort_key="schedules"),
    Column("owner", "Owner", 11, drop=6, sort_key="owner"),
    Column("worker", "Worker", 8, drop=7, sort_key="worker"),
    Column(
        "result",
        "Result of the last",
        28,
        flex=True,
        drop=3,
        small=("Result of the last", 18),
    ),
    Column("active", "Going", 5, align="right", drop=8, when="wide", sort_key="active"),
    Column("kind", "Kind", 8, drop=9, when="wide", sort_key="kind"),
    Column("created", "Created", 10, align="right", drop=10, when="wide", sort_key="created"),
    Column("id", "Id", 13, drop=11, when="wide"),
)
