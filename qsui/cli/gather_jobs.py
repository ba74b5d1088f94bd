"""`qsui list jobs` and `list workflows`: what a server shows differs by its release and the key.

A job whose outcome a list does not tell is read by itself where that decides or is shown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qsui.cli.gather import Gathered, compile_where
from qsui.cli.reading import REFUSALS
from qsui.cli.server_finding import find_workflow
from qsui.domain.errors import Forbidden
from qsui.domain.filters_jobs import WorkflowView, job_fields, workflow_fields
from qsui.domain.jobs import Ability
from qsui.domain.ports_workflows import JobFilter
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.cli.gather import Wanted
    from qsui.cli.reading import ServerReader
    from qsui.domain.filters import Filter
    from qsui.domain.jobs import Job

NEWEST = 500
"""So many jobs are read for the last one of each workflow."""

OF_ONE = 100
"""So many jobs of one workflow a server tells at most."""

CALLS_OF_ONE = 4
"""The list of one workflow's jobs, and one for each outcome."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_OUTCOMES = (RunState.SUCCESS, RunState.WARNING, RunState.FAILED)
_ABOUT_LOG = re.compile(r"\b(messages?|errors?|outputs?|disposition|outcome)\b", re.IGNORECASE)
_ABOUT_JOBS = re.compile(r"\b(last\w*|state|at|failed|running)\b", re.IGNORECASE)


async def gather_jobs(reader: ServerReader, wanted: Wanted) -> Gathered[Job]:
    """Read jobs, newest first, by the best way there is; notes say what that leaves out.

    Raises:
        Forbidden: This key may only read the jobs of workflows that are named.
    """
    jobs = _Jobs(reader, wanted, compile_where(wanted.where, job_fields()))
    if wanted.workflow:
        return await jobs.of((await find_workflow(reader, wanted.workflow)).id)
    lists_all = reader.backend.capabilities.job_list is Ability.YES
    if wanted.full and not lists_all:
        return await jobs.of_each()
    try:
        return await jobs.of_all()
    except Forbidden as error:
        raise Forbidden(
            f"{error} On this command line: --workflow ID; --full reads those of every workflow "
            "that this key sees.",
            where=error.where,
            status=error.status,
        ) from error


class _Jobs:
    """The reads of one verb."""

    def __init__(self, reader: ServerReader, wanted: Wanted, test: Filter[Job]) -> None:
        self._reader = reader
        self._wanted = wanted
        self._test = test
        self._unread = 0

    async def of_all(self) -> Gathered[Job]:
        """Read the server's list, else the last job of every workflow."""
        reader, wanted = self._reader, self._wanted
        rows: list[Job] = []
        seen, is_whole = 0, False
        pages = reader.backend.jobs(JobFilter(completed_since=wanted.since))
        async for page in reader.pages(pages):
            is_whole = page.is_last
            seen += len(page.records)
            rows += await self._fitting(page.records)
            if len(rows) > wanted.limit:
                is_whole = False
                break
            if not page.is_last and not wanted.full and not reader.tokens_left:
                reader.notes.append(f"stopped after {seen} jobs; --full or --since reads the rest")
                break
        if reader.backend.capabilities.job_list is not Ability.YES:
            is_whole = False
            reader.notes.append(
                "this server shows this key no list of jobs: these are the last job of every "
                "workflow; --workflow ID lists those of one, --full those of all"
            )
        return await self._gathered(rows, is_whole=is_whole)

    async def of(self, workflow_id: str) -> Gathered[Job]:
        """Read the newest jobs of one workflow."""
        found, is_all = await self._list_of(workflow_id)
        if not is_all:
            self._reader.notes.append(f"a server tells the newest {OF_ONE} jobs of a workflow")
        return await self._gathered(await self._fitting(found), is_whole=is_all)

    async def of_each(self) -> Gathered[Job]:
        """Read the newest jobs of every workflow, one after the other."""
        reader = self._reader
        workflows, is_whole = await reader.whole(reader.backend.workflows())
        waiting = len(workflows) * CALLS_OF_ONE - reader.tokens_left
        if waiting > 0:
            minutes = -(-waiting // reader.budget.per_min)
            reader.say(f"reading the jobs of {len(workflows)} workflows takes about {minutes} min")

        async def read(id: str) -> tuple[tuple[Job, ...], bool]:
            await reader.pay(CALLS_OF_ONE - 1)
            return await self._page_of(id)

        lists = await reader.each([one.id for one in workflows], read)
        found = [job for some in lists if some for job in some[0]]
        is_all = is_whole and all(some is not None and some[1] for some in lists)
        return await self._gathered(await self._fitting(found), is_whole=is_all)

    async def _list_of(self, workflow_id: str) -> tuple[tuple[Job, ...], bool]:
        return await self._reader.call(lambda: self._page_of(workflow_id), cost=CALLS_OF_ONE)

    async def _page_of(self, workflow_id: str) -> tuple[tuple[Job, ...], bool]:
        asked = JobFilter(workflow_ids=(workflow_id,), completed_since=self._wanted.since)
        jobs = await jobs_of(self._reader, asked)
        return jobs, len(jobs) < OF_ONE

    async def _fitting(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs that fit; those whose outcome decides that are read first."""
        recent = [job for job in jobs if self._is_recent(job)]
        told = await self._told([job for job in recent if self._may_differ(job)])
        now = self._reader.now
        rows = [told.get(job.id, job) for job in recent]
        return [job for job in rows if self._test.matches(job, now)]

    async def _gathered(self, rows: list[Job], *, is_whole: bool) -> Gathered[Job]:
        rows.sort(key=_age, reverse=True)
        shown = rows[: self._wanted.limit]
        untold = self._unread
        told = await self._told([job for job in shown if _is_untold(job)])
        if self._unread:
            self._reader.notes.append(
                f"the outcomes of {self._unread} jobs were not read; --full reads them"
            )
        is_cut = len(rows) > len(shown)
        # A filter that could not be answered for some may have left them out.
        is_sure = not (self._wanted.where and untold)
        return Gathered(
            tuple(told.get(job.id, job) for job in shown),
            complete=is_whole and is_sure and not is_cut,
        )

    def _is_recent(self, job: Job) -> bool:
        return job.state.is_active or self._wanted.is_recent(
            job.queued_at, job.started_at, job.ended_at
        )

    def _may_differ(self, job: Job) -> bool:
        """Whether the filter could say something else if the job's detail was read."""
        if not self._wanted.where or job.messages is not None:
            return False
        if _ABOUT_LOG.search(self._wanted.where):
            return True
        if not _is_untold(job):
            return False
        now = self._reader.now
        answers = {self._test.matches(replace(job, state=state), now) for state in _OUTCOMES}
        return len(answers) > 1

    async def _told(self, jobs: Sequence[Job]) -> dict[str, Job]:
        """Read jobs by themselves, as many as the allowance lets."""
        reader = self._reader
        few = jobs if self._wanted.full else jobs[: reader.tokens_left]
        found = await reader.each(
            few, lambda job: reader.backend.job(job.id, workflow_id=job.workflow_id)
        )
        self._unread += len(jobs) - len(few) + sum(1 for job in found if job is None)
        pairs = zip(few, found, strict=True)
        return {old.id: filled(new, old) for old, new in pairs if new is not None}


async def jobs_of(reader: ServerReader, asked: JobFilter) -> tuple[Job, ...]:
    """Read the newest jobs of the workflows asked for; the caller pays."""
    found: list[Job] = []
    async for page in reader.backend.jobs(asked):
        reader.bad_records += page.bad
        found += page.records
    return tuple(found)


async def gather_workflows(reader: ServerReader, wanted: Wanted) -> Gathered[WorkflowView]:
    """Read all workflows, and what lists of jobs tell of the last job of each."""
    test = compile_where(wanted.where, workflow_fields())
    workflows, is_whole = await reader.whole(reader.backend.workflows())
    last, is_sure = await last_jobs(reader, full=wanted.full)
    now = reader.now
    views = [WorkflowView(one, last.get(one.id)) for one in workflows]
    rows = [v for v in views if wanted.is_recent(v.workflow.created_at) and test.matches(v, now)]
    unsure = bool(_ABOUT_JOBS.search(wanted.where)) and not is_sure
    is_cut = len(rows) > wanted.limit
    return Gathered(tuple(rows[: wanted.limit]), complete=is_whole and not is_cut and not unsure)


async def last_jobs(reader: ServerReader, *, full: bool) -> tuple[dict[str, Job], bool]:
    """Return the newest job of each workflow as far as lists tell, and whether those are all."""
    newest: dict[str, Job] = {}
    is_whole = False
    try:
        async for page in reader.pages(reader.backend.jobs(cap=None if full else NEWEST)):
            is_whole = page.is_last
            for job in page.records:
                known = newest.get(job.workflow_id)
                if not job.workflow_id:  # some servers do not tell it
                    is_whole = False
                elif known is None or _age(job) > _age(known):
                    newest[job.workflow_id] = job
    except REFUSALS as error:
        reader.notes.append(f"{error} So the last jobs of workflows are unknown.")
        return {}, False
    return newest, is_whole


def filled(job: Job, other: Job) -> Job:
    """Return a job with what only another answer told of it: times, submitter, names."""
    missing = {
        name: getattr(other, name)
        for name in (
            "workflow_id", "workflow_name", "submitted_by", "queued_at", "started_at",
            "ended_at", "seen_duration", "priority", "worker_tag",
        )
        if not getattr(job, name)
    }  # fmt: skip
    return replace(job, **missing)


def _is_untold(job: Job) -> bool:
    return job.state is RunState.ENDED and job.messages is None


def _age(job: Job) -> tuple[datetime, str]:
    return job.queued_at or job.started_at or _NEVER, job.id
