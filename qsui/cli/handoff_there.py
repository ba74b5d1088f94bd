"""The handoff of an Alteryx Server: its schedules by the jobs of their workflows, and its jobs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from qsui.cli.gather import Wanted
from qsui.cli.gather_jobs import gather_jobs
from qsui.cli.gather_server_schedules import judge_servers_schedules
from qsui.cli.reading import REFUSALS
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.cli.gather_schedules import JudgedSchedule
    from qsui.cli.reading import ServerReader
    from qsui.domain.jobs import Job

MOST_JOBS = 200
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
    known: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        known[job.workflow_id].append(job)
    schedules.sort(key=lambda one: (one.state is not ScheduleState.ENABLED, one.name))
    judged = await judge_servers_schedules(reader, schedules, schedules, wants_jobs=True)
    return judged, jobs, is_whole
