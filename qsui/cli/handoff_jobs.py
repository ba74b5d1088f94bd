"""Jobs of an Alteryx Server as lines of the handoff page; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.handoff_words import at, markdown, name, words
from qsui.domain.jobs import Severity
from qsui.domain.states import RunState
from qsui.present.text import duration

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.jobs import Job, JobMessage


def failed_job(job: Job) -> str:
    """Return the lines of a job that failed: when, for whom, and its first error."""
    parts = [f"job {job.state.value.lower()}"]
    if ended := job.ended_at or job.started_at or job.queued_at:
        parts.append(at(ended))
    if job.submitted_by:
        parts.append(f"started by {markdown(job.submitted_by)}")
    return f"- **{name(job.name)}** {', '.join(parts)}{why_failed(job)}"


def why_failed(job: Job) -> str:
    """Return the lines below it: its first error, if its log was read, and its id."""
    line = ""
    if error := _first_error(job):
        tool = f"tool {error.tool_id} " if error.tool_id is not None and error.tool_id > 0 else ""
        line = f"\n  - error: {tool}{words(error.text)}"
    return f"{line}\n  - job: {name(job.id)}"


def open_job(job: Job, now: datetime) -> str:
    """Return the line of a job that waits or runs."""
    if job.state is RunState.QUEUED:
        waited = job.waited(now)
        since = f", waits since {at(job.queued_at)}" if job.queued_at else ""
        more = f" ({duration(waited)})" if waited is not None else ""
    else:
        took = job.took(now)
        since = f", since {at(job.started_at)}" if job.started_at else ""
        more = f" ({duration(took)})" if took is not None else ""
    return f"- job {name(job.name)} {job.state.value.lower()}{since}{more}, id {name(job.id)}"


def _first_error(job: Job) -> JobMessage | None:
    return next((one for one in job.messages or () if one.severity is Severity.ERROR), None)
