"""`qsui list schedules` on an Alteryx Server: the records, and what jobs of their workflows tell.

No server says which schedule started a job: schedules of one workflow share its history.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from qsui.cli.gather import Gathered, compile_where
from qsui.cli.gather_jobs import CALLS_OF_ONE, jobs_of, last_jobs
from qsui.cli.gather_schedules import JudgedSchedule, asks_about_runs
from qsui.cli.reading import REFUSALS
from qsui.cli.server_finding import find_workflow
from qsui.domain.filters_fields import schedule_fields
from qsui.domain.job_verdict import judge_by_jobs
from qsui.domain.ports_workflows import JobFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import ServerReader
    from qsui.domain.jobs import Job
    from qsui.domain.models import Schedule

SHARED = (
    "last_run_* are those of a schedule's workflow: no server tells which schedule started a job"
)


async def gather_server_schedules(reader: ServerReader, wanted: Wanted) -> Gathered[JudgedSchedule]:
    """Read all schedules and the last job of each workflow; with `full`, the jobs of each."""
    test = compile_where(wanted.where, schedule_fields())
    workflow_id = (await find_workflow(reader, wanted.workflow)).id if wanted.workflow else ""
    everything, is_whole = await reader.whole(reader.backend.schedules())
    schedules = [
        schedule
        for schedule in everything
        if (not wanted.schedule or wanted.schedule in (schedule.id, schedule.name))
        and (not workflow_id or schedule.workflow_id == workflow_id)
        and wanted.is_recent(schedule.created_at, schedule.updated_at)
    ]
    wants_jobs = asks_about_runs(wanted.where)
    jobs, is_read = await known_jobs(reader, schedules, wants_jobs=wants_jobs, full=wanted.full)
    now = reader.now
    judged = judged_all(schedules, everything, jobs, now, jobs_read=is_read)
    rows = [one for one in judged if test.matches(one.view, now)]
    unsure = wants_jobs and not all(one.runs_read for one in judged)
    is_cut = len(rows) > wanted.limit
    return Gathered(tuple(rows[: wanted.limit]), complete=is_whole and not is_cut and not unsure)


async def known_jobs(
    reader: ServerReader, schedules: Sequence[Schedule], *, wants_jobs: bool, full: bool = False
) -> tuple[dict[str, tuple[Job, ...]], bool]:
    """Return jobs by the workflows of some schedules, and whether they are the newest of each.

    Those are read if they are wanted and the allowance lets, or with `full`; else it is the last
    job of each as lists tell it. Notes say what was not read.
    """
    if full or (wants_jobs and _is_affordable(reader, schedules)):
        return await _jobs_of_each(reader, schedules), True
    if not schedules:
        return {}, False
    last, _ = await last_jobs(reader, full=False)
    reader.notes.append(
        f"{SHARED}; streak and history are unknown; --full reads the jobs of "
        f"{len({schedule.workflow_id for schedule in schedules})} workflows"
    )
    return {id: (job,) for id, job in last.items()}, False


def judged_all(
    schedules: Iterable[Schedule],
    everything: Iterable[Schedule],
    jobs: Mapping[str, Sequence[Job]],
    now: datetime,
    *,
    jobs_read: bool,
) -> list[JudgedSchedule]:
    """Judge some of a server's schedules, of which `everything` are all, by what `known_jobs` says.

    A workflow that `jobs` lacks was refused.
    """
    siblings = Counter(one.workflow_id for one in everything if one.workflow_id)
    return [
        judged_by_jobs(
            schedule,
            jobs.get(schedule.workflow_id, ()),
            now,
            jobs_read=jobs_read and schedule.workflow_id in jobs,
            siblings=siblings[schedule.workflow_id],
        )
        for schedule in schedules
    ]


async def show_server_schedule(reader: ServerReader, schedule: Schedule) -> JudgedSchedule:
    """Judge one schedule by the newest jobs of its workflow; a refusal leaves a note."""
    jobs: Sequence[Job] = ()
    is_read = False
    if schedule.workflow_id:
        asked = JobFilter(workflow_ids=(schedule.workflow_id,))
        try:
            jobs = await reader.call(lambda: jobs_of(reader, asked), cost=CALLS_OF_ONE)
            is_read = True
            reader.notes.append(SHARED)
        except REFUSALS as error:
            reader.notes.append(f"{error} So its last run is unknown.")
    return judged_by_jobs(schedule, jobs, reader.now, jobs_read=is_read)


def judged_by_jobs(
    schedule: Schedule,
    jobs: Sequence[Job],
    now: datetime,
    *,
    jobs_read: bool,
    siblings: int = 1,
) -> JudgedSchedule:
    """Judge a schedule by the known jobs of its workflow."""
    facts = judge_by_jobs(
        schedule, jobs, now=now, read_at=now, jobs_are_read=jobs_read, siblings=siblings
    )
    last = facts.last_run
    last_at = last.started_at or last.slot_at if last else None
    return JudgedSchedule(
        schedule,
        facts,
        jobs_read,
        facts.next_fire_at,
        last_at or schedule.last_run_at,
    )


def _is_affordable(reader: ServerReader, schedules: Sequence[Schedule]) -> bool:
    """Whether the jobs of every workflow fit into the allowance; says so if not."""
    workflows = len({schedule.workflow_id for schedule in schedules})
    if workflows * CALLS_OF_ONE <= reader.tokens_left:
        return True
    reader.notes.append(
        f"the filter asks about jobs, and those of {workflows} workflows were not read one by one; "
        "--full reads them all"
    )
    return False


async def _jobs_of_each(
    reader: ServerReader, schedules: Sequence[Schedule]
) -> dict[str, tuple[Job, ...]]:
    """Read the jobs of every workflow that is run; those refused are left out."""
    ids = list(dict.fromkeys(one.workflow_id for one in schedules if one.workflow_id))
    waiting = len(ids) * CALLS_OF_ONE - reader.tokens_left
    if waiting > 0:
        minutes = -(-waiting // reader.budget.per_min)
        reader.say(f"reading the jobs of {len(ids)} workflows takes about {minutes} min")

    async def read(id: str) -> tuple[Job, ...]:
        await reader.pay(CALLS_OF_ONE - 1)
        return await jobs_of(reader, JobFilter(workflow_ids=(id,)))

    lists = await reader.each(ids, read)
    reader.notes.append(SHARED)
    return {id: jobs for id, jobs in zip(ids, lists, strict=True) if jobs is not None}
