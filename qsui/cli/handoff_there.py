"""The handoff of an Alteryx Server: its schedules by the jobs of their workflows, and its jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.cli.gather import Wanted
from qsui.cli.gather_jobs import filled, gather_jobs
from qsui.cli.gather_server_schedules import judged_all, known_jobs
from qsui.cli.reading import REFUSALS
from qsui.domain.states import RunState, ScheduleState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.reading import ServerReader
    from qsui.domain.jobs import Job

MOST_JOBS = 200
MOST_EXPLAINED = 20
CALLS_OF_A_JOB = 2
"""The job, and its log where that is apart."""

_MATTERS = "state:queued|starting|running|failed|timeout"
_OPTIONS = re.compile(r"(; --| On this command line: --).*$")
"""What a note says of options that the handoff does not have."""


async def read_server_state(
    reader: ServerReader, since: datetime
) -> tuple[list[JudgedSchedule], tuple[Job, ...], bool]:
    """Read the schedules with the jobs of their workflows, and what waits, runs or failed.

    The jobs are those since a moment, newest first; the last value is whether all schedules were
    read. What costs more than the allowance is left out with a note.
    """
    await reader.call(reader.backend.probe, cost=2)
    schedules, is_whole = await reader.whole(reader.backend.schedules())
    jobs = {job.id: job for job in await _listed(reader, since)}
    schedules.sort(key=lambda one: (one.state is not ScheduleState.ENABLED, one.name))
    of_each, is_read = await known_jobs(reader, schedules, wants_jobs=True)
    for job in (job for some in of_each.values() for job in some):
        if job.id not in jobs and _matters(job, since):
            jobs[job.id] = job
    told = {job.id: job for job in await _told(reader, jobs.values())}
    of_each = {id: tuple(told.get(job.id, job) for job in some) for id, some in of_each.items()}
    judged = judged_all(schedules, schedules, of_each, reader.now, jobs_read=is_read)
    reader.notes[:] = dict.fromkeys(_OPTIONS.sub("", note) for note in reader.notes)
    shown = (told.get(job.id, job) for job in jobs.values())
    return judged, tuple(job for job in shown if job.state.is_bad or job.state.is_active), is_whole


async def _listed(reader: ServerReader, since: datetime) -> tuple[Job, ...]:
    """Return the jobs that lists of all tell of."""
    try:
        found = await gather_jobs(reader, Wanted(where=_MATTERS, since=since, limit=MOST_JOBS))
    except REFUSALS as error:
        words = _OPTIONS.sub("", str(error))
        reader.notes.append(f"{words} So jobs that nobody scheduled may be missing.")
        return ()
    if len(found.rows) == MOST_JOBS:
        reader.notes.append(f"more than {MOST_JOBS} jobs wait, run or failed: the newest only")
    return found.rows


def _matters(job: Job, since: datetime) -> bool:
    last = job.ended_at or job.started_at or job.queued_at
    return job.state.is_active or (last is not None and last >= since)


async def _told(reader: ServerReader, jobs: Iterable[Job]) -> list[Job]:
    """Read the newest job of each workflow whose outcome or log is not known, within the allowance.

    Jobs come newest first.
    """
    newest: dict[str, Job] = {}
    for job in jobs:
        if job.state.is_bad or job.state is RunState.ENDED:
            newest.setdefault(job.workflow_id or job.id, job)
    silent = [job for job in newest.values() if not job.messages]  # lists may send none of them
    few = silent[: min(MOST_EXPLAINED, reader.tokens_left // CALLS_OF_A_JOB)]
    if len(few) < len(silent):
        reader.notes.append(f"the outcome or cause of {len(silent) - len(few)} jobs was not read")

    async def read(job: Job) -> Job:
        await reader.pay(CALLS_OF_A_JOB - 1)
        return await reader.backend.job(job.id, workflow_id=job.workflow_id)

    found = await reader.each(few, read)
    return [filled(job, old) for old, job in zip(few, found, strict=True) if job is not None]
