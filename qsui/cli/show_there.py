"""`qsui show` on an Alteryx Server: one workflow, job or schedule, with what other reads add."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.cli.gather_jobs import CALLS_OF_ONE, filled, jobs_of
from qsui.cli.reading import REFUSALS
from qsui.cli.server_records import job_record, workflow_record
from qsui.domain.filters_jobs import WorkflowView
from qsui.domain.ports_workflows import JobFilter

if TYPE_CHECKING:
    from qsui.cli.reading import ServerReader
    from qsui.cli.records import Fields
    from qsui.domain.jobs import Job


async def read_there(kind: str, word: str, reader: ServerReader) -> Fields:
    """Read a record by its id, workflows and schedules also by a name that only one has."""
    match kind:
        case "job":
            return job_record(await _job(word, reader))
        case "workflow":
            return workflow_record(await _workflow(word, reader))
        case _:
            return await _schedule(word, reader)


async def _schedule(word: str, reader: ServerReader) -> Fields:
    from qsui.cli.find import find_schedule
    from qsui.cli.gather_server_schedules import show_server_schedule
    from qsui.cli.records import schedule_record_of

    await reader.call(reader.backend.probe, cost=2)
    schedule = await find_schedule(reader, word)
    return schedule_record_of(await show_server_schedule(reader, schedule))


async def _workflow(word: str, reader: ServerReader) -> WorkflowView:
    from qsui.cli.server_finding import find_workflow

    await reader.call(reader.backend.probe, cost=2)
    workflow = await find_workflow(reader, word)
    jobs = await _jobs(reader, workflow.id, "So its last job is unknown.")
    return WorkflowView(workflow, jobs[0] if jobs else None)


async def _job(id: str, reader: ServerReader) -> Job:
    """Read a job; its times, submitter and workflow's name come from the list where one is."""
    await reader.call(reader.backend.probe, cost=2)
    job = await reader.call(lambda: reader.backend.job(id), cost=2)
    if not job.workflow_id:
        return job
    if not job.workflow_name:  # the list of its workflow is asked for by name
        with contextlib.suppress(*REFUSALS):
            workflow = await reader.call(lambda: reader.backend.workflow(job.workflow_id))
            job = replace(job, workflow_name=workflow.name)
    words = "So its times and who started it are unknown."
    listed = await _jobs(reader, job.workflow_id, words)
    return next((filled(job, one) for one in listed if one.id == job.id), job)


async def _jobs(reader: ServerReader, workflow_id: str, words: str) -> tuple[Job, ...]:
    """Read the newest jobs of a workflow, newest first; a refusal leaves a note."""
    asked = JobFilter(workflow_ids=(workflow_id,))
    try:
        return await reader.call(lambda: jobs_of(reader, asked), cost=CALLS_OF_ONE)
    except REFUSALS as error:
        reader.notes.append(f"{error} {words}")
        return ()
