"""Jobs, workflows and a queue as tests of what is shown need them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from qsui.domain.durations import Pace
from qsui.domain.jobs import Job, JobMessage, Severity, Workflow
from qsui.domain.models import Kind, Ref
from qsui.domain.queueing import QueueView, queue_view
from qsui.domain.states import RunState
from qsui.present.job_view import JobView
from qsui.present.layout import LookContext

NOW = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
HOSTILE = (
    "a\x1b[31mred\x1b[0m\nb\t[bold]c[/x] \u202egnp.exe \ud800 e\u0301 \U0001f469\u200d\U0001f467"
)
PACES = {
    "w-sales": Pace(8, timedelta(minutes=31), timedelta(hours=1)),
    "w-big": Pace(6, timedelta(minutes=14), timedelta(minutes=40)),
    "w-crm": Pace(9, timedelta(minutes=10), timedelta(minutes=40)),
}


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def median_of(id: str) -> timedelta | None:
    return PACES[id].median if id in PACES else None


CTX = LookContext(NOW, median_of=median_of)


def ref(id: str, kind: Kind = Kind.JOB, profile: str = "ayx", sandbox: str = "") -> Ref:
    return Ref(profile, sandbox, kind, "", id)


def message(
    severity: Severity, text: str, tool_id: int | None = 18, raw_status: int | None = None
) -> JobMessage:
    return JobMessage(severity, raw_status, tool_id, text)


def job(state: RunState, id: str = "6a204d8aa2f2e8a5d2edcfc6", **more: Any) -> Job:
    raw = {
        RunState.QUEUED: "Queued",
        RunState.STARTING: "Initializing",
        RunState.RUNNING: "Running",
        RunState.CANCELLED: "Cancelled",
    }.get(state, "Completed")
    given: dict[str, Any] = {
        "raw_state": raw,
        "workflow_id": "w-crm",
        "workflow_name": "CRM_refresh",
        "queued_at": ago(38),
        "priority": "Medium",
        "submitted_by": "jd@acme.test",
    }
    return Job(ref(id), state, **(given | more))


def running(id: str, workflow: str, name: str, minutes: float, **more: Any) -> Job:
    given: dict[str, Any] = {"workflow_id": workflow, "workflow_name": name} | more
    return job(RunState.RUNNING, id, started_at=ago(minutes), queued_at=ago(minutes + 1), **given)


SALES = running("j-1", "w-sales", "Daily_Sales", 22, priority="High")
BIG = running("j-2", "w-big", "adhoc_big_join", 190, priority="Low")
CRM = job(RunState.QUEUED, "j-3")
URGENT = job(
    RunState.QUEUED, "j-4", workflow_name="Fin_close", queued_at=ago(5), priority="Critical"
)


def queue(*jobs: Job, slots: int = 2) -> QueueView:
    return queue_view(jobs or (SALES, BIG, CRM, URGENT), PACES, NOW, slots_seen=slots)


def workflow(id: str = "w-crm", name: str = "CRM_refresh", **more: Any) -> Workflow:
    return Workflow(ref(id, Kind.WORKFLOW), name, **more)


def view(of: Job, **more: Any) -> JobView:
    return JobView(of, **more)
