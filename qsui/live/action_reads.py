"""Reads the targets of actions, each with one request, through the engine and its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from qsui.domain.errors import NotFound
from qsui.domain.jobs import Job
from qsui.domain.models import Kind, Query, Run, Schedule
from qsui.live.reading import ReadKind

if TYPE_CHECKING:
    from qsui.domain.models import Record, Ref
    from qsui.live.acting import Acting


async def read_record(acting: Acting, ref: Ref) -> Record:
    """Read one record now; the store has it afterwards (templates are not kept).

    Raises:
        ApiError: The backend failed, or (`NotFound`) it has no such record.
    """
    match ref.kind:
        case Kind.SCHEDULE:
            return await acting.engine.read_schedule(ref.id)
        case Kind.RUN:
            await acting.for_runs.ask(ReadKind.RUN, ref.parent, ref.id)
            run = acting.store.snapshot.run(acting.scope, ref.parent, ref.id)
            return run or await acting.query_service.run(ref.parent, ref.id)
        case Kind.QUERY:
            return await acting.for_runs.read_query(ref.id)
        case Kind.TEMPLATE:
            return await acting.query_service.template(ref.id)
        case Kind.WORKFLOW:
            return await acting.for_jobs.read_workflow(ref.id)
        case Kind.JOB:
            return await acting.for_jobs.read_job(ref.id)
        case _:
            assert_never(ref.kind)


async def find_record(acting: Acting, ref: Ref) -> Record | None:
    """Read one record now; `None` if the server has none.

    Raises:
        ApiError: The backend failed otherwise.
    """
    try:
        return await read_record(acting, ref)
    except NotFound:
        return None


def known_record(acting: Acting, ref: Ref) -> Record | None:
    """Return a record as the store has it; `None` if it has none."""
    snapshot, scope = acting.store.snapshot, acting.scope
    match ref.kind:
        case Kind.SCHEDULE:
            return snapshot.schedule(scope, ref.id)
        case Kind.RUN:
            return snapshot.run(scope, ref.parent, ref.id)
        case Kind.QUERY:
            return snapshot.query(scope, ref.id)
        case Kind.JOB:
            return snapshot.job(scope, ref.id)
        case _:
            return None


def known_runs(acting: Acting, schedule_id: str) -> tuple[Run, ...]:
    """Return the runs of a schedule that the store has."""
    records = acting.store.snapshot.runs(acting.scope, schedule_id).records.values()
    return tuple(record for record in records if isinstance(record, Run))


def known_jobs(acting: Acting, workflow_id: str) -> tuple[Job, ...]:
    """Return the jobs of a workflow that the store has."""
    records = acting.store.snapshot.jobs(acting.scope).records.values()
    return tuple(job for job in records if isinstance(job, Job) and job.workflow_id == workflow_id)


def known_active_jobs(acting: Acting) -> tuple[Job, ...]:
    """Return the jobs of the scope that wait or work, as the store has them."""
    records = acting.store.snapshot.jobs(acting.scope).records.values()
    return tuple(job for job in records if isinstance(job, Job) and job.state.is_active)


def workflow_of(acting: Acting, ref: Ref) -> str:
    """Return the workflow that a trigger of a workflow or a schedule runs; empty if not known."""
    if ref.kind is Kind.WORKFLOW:
        return ref.id
    schedule = acting.store.snapshot.schedule(acting.scope, ref.id)
    return schedule.workflow_id if schedule else ""


def active_runs(runs: tuple[Run, ...]) -> int:
    """Count the runs that wait or work."""
    return sum(run.state.is_active for run in runs)


def version_of(record: Record | None) -> str:
    """Return a record's time of change as RFC 3339; empty if it has none."""
    if not isinstance(record, Schedule | Query) or record.updated_at is None:
        return ""
    return record.updated_at.isoformat()
