"""The fields, flags and shown text by which workflows and jobs can be filtered.

Names are those of the JSON output; titles are those of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from qsui.domain.filter_values import FieldKind
from qsui.domain.filters import Field, Fields
from qsui.domain.jobs import Severity
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from qsui.domain.jobs import Job, Workflow

_WORKING = (RunState.RUNNING, RunState.STARTING)
_TOLD = (Severity.ERROR, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class WorkflowView:
    """A workflow with its newest job; `None`: not known."""

    workflow: Workflow
    last_job: Job | None = None


@cache
def workflow_fields() -> Fields[WorkflowView]:
    """Return what a filter of workflows can say; `state` is that of the newest job."""

    def f(
        name: str,
        get: Callable[[WorkflowView], object],
        kind: FieldKind = FieldKind.TEXT,
        *titles: str,
    ) -> Field[WorkflowView]:
        return Field(name, titles, kind, lambda view, _: get(view))

    return Fields(
        fields=(
            f("id", lambda v: v.workflow.id),
            f("profile", lambda v: v.workflow.ref.profile, FieldKind.WORD),
            f("scope", lambda v: v.workflow.ref.profile),
            f("name", lambda v: v.workflow.name, FieldKind.TEXT, "workflow"),
            f("owner", lambda v: v.workflow.owner or v.workflow.owner_id),
            f("kind", lambda v: v.workflow.package, FieldKind.WORD, "package"),
            f("last_job_state", _last_states, FieldKind.WORD, "state", "last job"),
            f("last_job_at", lambda v: v.last_job and _began(v.last_job), FieldKind.TIME, "at"),
            f("run_count", lambda v: v.workflow.run_count, FieldKind.NUMBER, "runs"),
            f("worker_tag", lambda v: v.workflow.worker_tag),
            f("comments", lambda v: v.workflow.comments),
            f("description", lambda v: v.workflow.description),
            f("created_at", lambda v: v.workflow.created_at, FieldKind.TIME, "created"),
        ),
        flags={
            "failed": lambda v, _: v.last_job is not None and v.last_job.state.is_bad,
            "running": lambda v, _: v.last_job is not None and v.last_job.state in _WORKING,
        },
        shown_text=lambda v: f"{v.workflow.name}\n{v.workflow.owner}\n{v.workflow.id}",
    )


@cache
def job_fields() -> Fields[Job]:
    """Return what a filter of jobs can say; the name is that of the workflow."""

    def f(
        name: str,
        get: Callable[[Job], object],
        kind: FieldKind = FieldKind.TEXT,
        *titles: str,
    ) -> Field[Job]:
        return Field(name, titles, kind, lambda job, _: get(job))

    return Fields(
        fields=(
            f("id", lambda j: j.id),
            f("profile", lambda j: j.ref.profile, FieldKind.WORD),
            f("scope", lambda j: j.ref.profile),
            f(
                "name",
                lambda j: j.workflow_name,
                FieldKind.TEXT,
                "job",
                "workflow",
                "workflow_name",
            ),
            f("workflow_id", lambda j: j.workflow_id, FieldKind.WORD),
            f("state", lambda j: (j.state.value, j.raw_state), FieldKind.WORD),
            f("raw_state", lambda j: j.raw_state, FieldKind.WORD),
            f("disposition", lambda j: j.disposition, FieldKind.WORD, "outcome"),
            f("submitted_by", lambda j: j.submitted_by, FieldKind.TEXT, "by", "owner", "user"),
            f(
                "queued_at",
                lambda j: j.queued_at,
                FieldKind.TIME,
                "queued",
                "created",
                "created_at",
            ),
            f("started_at", lambda j: j.started_at, FieldKind.TIME, "start"),
            f("ended_at", lambda j: j.ended_at, FieldKind.TIME, "end"),
            Field(
                "duration_s",
                ("runs", "took", "duration"),
                FieldKind.DURATION,
                lambda j, now: j.took(now),
            ),
            Field(
                "waited_s", ("waits", "waited"), FieldKind.DURATION, lambda j, now: j.waited(now)
            ),
            f("priority", lambda j: j.priority, FieldKind.WORD),
            f("worker_tag", lambda j: j.worker_tag, FieldKind.WORD, "worker", "tag"),
            f("messages", _told, FieldKind.TEXT, "result", "message", "error", "errors"),
            f("outputs", lambda j: tuple(one.name for one in j.outputs or ())),
        ),
        flags={
            "failed": lambda j, _: j.state.is_bad,
            "running": lambda j, _: j.state in _WORKING,
        },
        shown_text=_job_text,
    )


def _last_states(view: WorkflowView) -> tuple[str, ...] | None:
    job = view.last_job
    return (job.state.value, job.raw_state) if job is not None else None


def _began(job: Job) -> object:
    return job.started_at or job.queued_at


def _told(job: Job) -> tuple[str, ...]:
    """Return what went wrong, as the log says it; empty if it was not read."""
    return tuple(one.text for one in job.messages or () if one.severity in _TOLD)


def _job_text(job: Job) -> str:
    return "\n".join((job.state.value, job.workflow_name, job.submitted_by, *_told(job), job.id))
