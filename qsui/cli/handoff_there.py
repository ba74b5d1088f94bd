"""The handoff of an Alteryx Server: its schedules by the jobs of their workflows, and its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.cli.gather import Wanted
from qsui.cli.gather_jobs import filled, gather_jobs
from qsui.cli.gather_server_schedules import judge_servers_schedules
from qsui.cli.reading import REFUSALS
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.reading import ServerReader
    from qsui.domain.jobs import Job

MOST_JOBS = 200
MOST_EXPLAINED = 10
CALLS_OF_A_JOB = 2
"""The job, and its log where that is apart."""

_MATTERS = "state:queued|starting|running|failed|timeout"


async def read_server_state(
    reader: ServerReader, since: datetime
) -> tuple[list[JudgedSchedule], tuple[Job, ...], bool]:
    """Read the schedules with the jobs of their workflows, and what waits, runs or failed.

    The jobs are those since a moment, newest first; the last value is whether all schedules were
    read. What costs more than the allowance is left out with a note.
    """
    await reader.call(reader.backend.probe, cost=2)
    jobs: tuple[Job, ...] = ()
    try:
        found = await gather_jobs(reader, Wanted(where=_MATTERS, since=since, limit=MOST_JOBS))
        jobs = found.rows
        if len(jobs) == MOST_JOBS and not found.complete:
            reader.notes.append(f"more than {MOST_JOBS} jobs wait, run or failed: the newest only")
    except REFUSALS as error:
        reader.notes.append(f"{error} So jobs that nobody scheduled may be missing.")
    schedules, is_whole = await reader.whole(reader.backend.schedules())
    schedules.sort(key=lambda one: (one.state is not ScheduleState.ENABLED, one.name))
    judged = await judge_servers_schedules(reader, schedules, schedules, wants_jobs=True)
    return judged, await _explained(reader, jobs), is_whole


async def _explained(reader: ServerReader, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """Read the log of the newest failed job of each workflow, as far as the allowance lets."""
    newest: dict[str, Job] = {}
    for job in jobs:
        if job.state.is_bad:
            newest.setdefault(job.workflow_id, job)
    silent = [job for job in newest.values() if job.messages is None]
    few = silent[: min(MOST_EXPLAINED, reader.tokens_left // CALLS_OF_A_JOB)]

    async def read(job: Job) -> Job:
        await reader.pay(CALLS_OF_A_JOB - 1)
        return await reader.backend.job(job.id, workflow_id=job.workflow_id)

    found = await reader.each(few, read)
    told = {job.id: filled(job, old) for old, job in zip(few, found, strict=True) if job}
    return tuple(told.get(job.id, job) for job in jobs)
