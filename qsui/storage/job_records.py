"""Workflows and jobs as JSON text for the history, and back; see `records`.

The log is kept of jobs that failed or warned only, and no more of it than `LOG_LINES` lines and
`LOG_CHARS` characters: errors first, then warnings, then the rest, in the server's order. A log
that is not whole is marked so.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from qsui.domain.jobs import Job, JobMessage, JobOutput, Severity, Workflow
from qsui.domain.models import Kind, Ref
from qsui.domain.states import RunState
from qsui.storage.records import as_text, as_time, time_of_text

if TYPE_CHECKING:
    from qsui.domain.models import Scope

LOG_LINES = 200
LOG_CHARS = 20_000
OUTPUTS = 50

_WORKFLOW_TEXTS = (
    "name",
    "owner_id",
    "owner",
    "package",
    "comments",
    "description",
    "file_name",
    "worker_tag",
)
_JOB_TEXTS = (
    "raw_state",
    "disposition",
    "workflow_id",
    "workflow_name",
    "submitted_by",
    "priority",
    "worker_tag",
)
_JOB_TIMES = ("queued_at", "started_at", "ended_at")


def workflow_text(workflow: Workflow) -> str:
    """Write a workflow."""
    fields: dict[str, Any] = {name: getattr(workflow, name) for name in _WORKFLOW_TEXTS}
    fields["version"] = workflow.version
    fields["run_count"] = workflow.run_count
    fields["is_amp"] = workflow.is_amp
    fields["can_run"] = workflow.can_run
    fields["is_whole"] = workflow.is_whole
    fields["created_at"] = as_time(workflow.created_at)
    return as_text(fields)


def workflow_of(scope: Scope, id: str, text: str) -> Workflow:
    """Read a workflow."""
    fields = json.loads(text)
    return Workflow(
        ref=Ref(scope.profile, scope.sandbox, Kind.WORKFLOW, "", id),
        version=_number(fields["version"]),
        run_count=_number(fields["run_count"]),
        is_amp=_truth(fields["is_amp"]),
        can_run=bool(fields["can_run"]),
        is_whole=bool(fields["is_whole"]),
        created_at=time_of_text(fields["created_at"]),
        **{name: str(fields[name]) for name in _WORKFLOW_TEXTS},
    )


def job_text(job: Job) -> str:
    """Write a job that is over."""
    fields: dict[str, Any] = {name: getattr(job, name) for name in _JOB_TEXTS}
    fields |= {name: as_time(getattr(job, name)) for name in _JOB_TIMES}
    fields["state"] = job.state.value
    fields["is_amp"] = job.is_amp
    fields["times_are_seen"] = job.times_are_seen
    if job.seen_duration is not None:
        fields["seen_duration_s"] = job.seen_duration.total_seconds()
    if job.outputs is not None:
        fields["outputs"] = [[one.id, one.name, *one.formats] for one in job.outputs[:OUTPUTS]]
    if job.messages is not None and _keeps_log(job):
        kept = _part(job.messages) if job.state is not RunState.ENDED else ()
        fields["log"] = [[one.raw_status, one.tool_id, one.severity, one.text] for one in kept]
        is_whole = kept == job.messages and len(job.outputs or ()) <= OUTPUTS
        fields["log_is_cut"] = job.log_is_cut or not is_whole
    return as_text(fields)


def job_of(scope: Scope, id: str, text: str) -> Job:
    """Read a job."""
    fields = json.loads(text)
    outputs, log, took_s = (fields.get(name) for name in ("outputs", "log", "seen_duration_s"))
    return Job(
        ref=Ref(scope.profile, scope.sandbox, Kind.JOB, "", id),
        state=RunState(fields["state"]),
        is_amp=_truth(fields["is_amp"]),
        times_are_seen=bool(fields["times_are_seen"]),
        seen_duration=None if took_s is None else timedelta(seconds=float(took_s)),
        outputs=None if outputs is None else tuple(_output(*one) for one in outputs),
        messages=None if log is None else tuple(_message(*one) for one in log),
        log_is_cut=bool(fields.get("log_is_cut")),
        queued_at=time_of_text(fields["queued_at"]),
        started_at=time_of_text(fields["started_at"]),
        ended_at=time_of_text(fields["ended_at"]),
        **{name: str(fields[name]) for name in _JOB_TEXTS},
    )


def richness(job: Job) -> int:
    """How much is known of a job that is over: a poorer version never replaces a richer one."""
    has_log = job.messages is not None and _keeps_log(job)
    is_whole = has_log and not job.log_is_cut
    return 8 * job.state.is_final + 4 * has_log + 2 * is_whole + (job.outputs is not None)


def time_of(job: Job) -> float:
    """Return when it came, as a POSIX time; 0 if no time of it is known."""
    at = job.queued_at or job.started_at or job.ended_at
    return at.timestamp() if at else 0.0


def _keeps_log(job: Job) -> bool:
    """Whether anybody will ask why; of one without an outcome only that its log told none."""
    return job.state.is_bad or job.state in (RunState.WARNING, RunState.ENDED)


def _part(messages: tuple[JobMessage, ...]) -> tuple[JobMessage, ...]:
    """Return what of a log is kept."""
    worst_first = sorted(range(len(messages)), key=lambda place: messages[place].severity.rank)
    kept: list[int] = []
    room = LOG_CHARS
    for place in worst_first[:LOG_LINES]:
        room -= len(messages[place].text)
        if room < 0 and kept:
            break
        kept.append(place)
    return tuple(_short(messages[place]) for place in sorted(kept))


def _short(message: JobMessage) -> JobMessage:
    if len(message.text) <= LOG_CHARS:
        return message
    return JobMessage(
        message.severity, message.raw_status, message.tool_id, message.text[: LOG_CHARS - 1] + "…"
    )


def _message(raw_status: int | None, tool_id: int | None, severity: str, text: str) -> JobMessage:
    return JobMessage(Severity(severity), _number(raw_status), _number(tool_id), str(text))


def _output(id: str, name: str, *formats: str) -> JobOutput:
    return JobOutput(str(id), str(name), tuple(str(one) for one in formats))


def _number(value: float | None) -> int | None:
    return None if value is None else int(value)


def _truth(value: object) -> bool | None:
    return None if value is None else bool(value)
