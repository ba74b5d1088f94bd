"""Jobs are filtered by the titles of their columns as well as by the names of their fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qsui.domain.filters import parse
from qsui.domain.filters_jobs import job_fields
from qsui.domain.jobs import Job, JobMessage, Severity
from qsui.domain.models import Kind, Ref
from qsui.domain.states import RunState

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def job(id: str, state: RunState, **more: object) -> Job:
    ref = Ref("ayx", "", Kind.JOB, "", id)
    plain = {"workflow_name": "Load Sales", "submitted_by": "jd", "priority": "High"}
    return Job(ref, state, "Completed", **(plain | more))  # type: ignore[arg-type]  # any field


WAITS = job("waits", RunState.QUEUED, queued_at=NOON - timedelta(minutes=40), worker_tag="finance")
RUNS = job(
    "runs",
    RunState.RUNNING,
    queued_at=NOON - timedelta(hours=3),
    started_at=NOON - timedelta(hours=3) + timedelta(seconds=5),
    priority="Low",
)
FAILED = job(
    "failed",
    RunState.FAILED,
    workflow_name="Clean",
    submitted_by="mk",
    queued_at=NOON - timedelta(hours=1),
    started_at=NOON - timedelta(hours=1),
    seen_duration=timedelta(minutes=2),
    messages=(
        JobMessage(Severity.ERROR, 3, 18, "ODBC: no such table"),
        JobMessage(Severity.INFO, 1, 18, "harmless"),
    ),
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("state:running", ["runs"]),
        ("state:completed", ["waits", "runs", "failed"]),
        ("job:load", ["waits", "runs"]),
        ("workflow:clean", ["failed"]),
        ("waits>30m", ["waits"]),
        ("runs>1h", ["runs"]),
        ("took<=2m", ["failed"]),
        ("owner:mk", ["failed"]),
        ("priority:low", ["runs"]),
        ("worker:finance", ["waits"]),
        ("result:odbc", ["failed"]),
        ("messages:harmless", []),
        ("failed", ["failed"]),
        ("running", ["runs"]),
        ("odbc", ["failed"]),
    ],
)
def test_a_filter_by_a_column_finds_its_jobs(text: str, ids: list[str]) -> None:
    parsed = parse(text, job_fields())
    assert [one.id for one in (WAITS, RUNS, FAILED) if parsed.matches(one, NOON)] == ids
