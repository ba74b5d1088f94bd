"""Records of an Alteryx Server as scripts get them; see `records` for what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.times import iso, seconds

if TYPE_CHECKING:
    from qsui.cli.records import Fields
    from qsui.domain.filters_jobs import WorkflowView
    from qsui.domain.jobs import Job, JobMessage


def workflow_record(view: WorkflowView) -> Fields:
    """Describe a workflow; `kind` comes only with the whole record, not in lists."""
    workflow, job = view.workflow, view.last_job
    return {
        "id": workflow.id,
        "profile": workflow.ref.profile,
        "name": workflow.name or None,
        "state": None,
        "raw_state": None,
        "created_at": iso(workflow.created_at),
        "updated_at": None,
        "owner": workflow.owner or workflow.owner_id or None,
        "kind": workflow.package or None,
        "last_job_state": job.state.value if job else None,
        "last_job_at": iso(job.started_at or job.queued_at) if job else None,
        "run_count": workflow.run_count,
    }


def job_record(job: Job) -> Fields:
    """Describe a job; `messages` and `outputs` are `None` unless its detail was read."""
    outputs = job.outputs
    return {
        "id": job.id,
        "profile": job.ref.profile,
        "name": job.workflow_name or None,
        "state": job.state.value,
        "raw_state": job.raw_state or None,
        "created_at": iso(job.queued_at),
        "updated_at": None,
        "workflow_id": job.workflow_id or None,
        "workflow_name": job.workflow_name or None,
        "submitted_by": job.submitted_by or None,
        "queued_at": iso(job.queued_at),
        "started_at": iso(job.started_at),
        "ended_at": iso(job.ended_at),
        "duration_s": seconds(job.duration),
        "disposition": job.disposition or None,
        "priority": job.priority or None,
        "worker_tag": job.worker_tag or None,
        "messages": None if job.messages is None else [_message(one) for one in job.messages],
        "outputs": None
        if outputs is None
        else [{"id": o.id, "name": o.name or None, "formats": list(o.formats)} for o in outputs],
    }


def _message(message: JobMessage) -> Fields:
    return {
        "severity": message.severity.value,
        "raw_status": message.raw_status,
        "tool_id": message.tool_id,
        "text": message.text,
    }
