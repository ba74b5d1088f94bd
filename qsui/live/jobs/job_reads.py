"""Reads of jobs: all of them, those that are open, those of one workflow, and one.

Every read raises `ApiError` if the backend failed; what was stored before stays.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain.jobs import Job
from qsui.domain.models import Kind
from qsui.domain.ports_workflows import ALL_JOBS, JobFilter
from qsui.domain.states import RunState
from qsui.live.jobs.knowledge import ListMode, Look, mode_of
from qsui.live.jobs.merge import merged_job

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qsui.live.jobs.context import JobContext
    from qsui.live.reading import Read

SLICE = 200
"""So many records are put into the store before the event loop has its turn."""

MOST_JOBS = 10_000
MOST_MESSAGES = 50_000
ROWS_OF_ONE = 100
"""A list of one workflow with so many rows was cut, perhaps."""

HOLE_S = 60.0
"""After so long without it, a list of last jobs no longer tells of all that came."""

_OPEN_CALLS = 3  # one for each state in which a job is open
_OF_CALLS = 4  # the list, and one for each outcome
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class JobReads:
    """Asks for jobs and stores them."""

    def __init__(self, context: JobContext) -> None:
        self._with = context
        self._logs: OrderedDict[str, int] = OrderedDict()

    async def read_all(self, read: Read) -> None:
        """Read the list: to its end now and then, else to the first page without news."""
        known, options = self._with.knowledge, self._with.options
        started, generation = self._with.clock.now(), self._with.generation
        mode = mode_of(self._with.backend.capabilities)
        where = ALL_JOBS
        if mode is ListMode.ALL:
            since = self._with.server_now() - timedelta(seconds=options.look_back_s)
            where = JobFilter(completed_since=since)
            await self._with.pay_more(read, _OPEN_CALLS - 1)
        is_full = self._is_full_due(started)
        seen: set[str] = set()
        pages = rows = 0
        is_whole = False
        last: list[Job] = []
        async for page in self._with.pages(read, self._with.backend.jobs(where)):
            pages += 1
            last.extend(page.records)
            rows += len(page.records)
            seen.update(job.id for job in page.records if job.state.is_active)
            has_news = await self._take(page.records)
            is_whole = page.is_last
            if not (is_full or has_news or pages == 1):
                break
        if generation != self._with.generation:
            return
        now = self._with.clock.now()
        known.last_rows = rows
        if known.jobs_read_at and now - known.jobs_read_at > timedelta(seconds=HOLE_S):
            known.note_hole()
        known.jobs_read_at = now
        self._note_open(seen, started)
        self._note_all(last, is_whole=is_whole)
        self._forget_oldest()
        if is_whole and is_full:
            known.jobs_full_at = started
            await self._with.memory.keep_jobs((), now)

    async def read_open(self, read: Read) -> None:
        """Read what waits, starts or runs; what is no longer among it is read by itself next."""
        started, generation = self._with.clock.now(), self._with.generation
        await self._with.pay_more(read, _OPEN_CALLS - 1)
        seen: set[str] = set()
        jobs = self._with.backend.jobs(JobFilter(open_only=True))
        async for page in self._with.pages(read, jobs):
            seen.update(job.id for job in page.records if job.state.is_active)
            await self._take(page.records)
        if generation == self._with.generation:
            self._note_open(seen, started)
            self._note_read("")

    async def read_of(self, read: Read) -> None:
        """Read the newest jobs of one workflow, with their outcomes."""
        generation = self._with.generation
        await self._with.pay_more(read, _OF_CALLS - 1)
        where = JobFilter(workflow_ids=(read.parent,))
        is_whole = False
        async for page in self._with.pages(read, self._with.backend.jobs(where)):
            is_whole = page.is_last and self._reaches_back(page.records)
            await self._take(page.records)
        if generation == self._with.generation:
            now = self._with.clock.now()
            self._with.knowledge.note_list_read(read.parent, now, is_whole=is_whole)
            self._note_read(read.parent, is_complete=is_whole)
            self._note_filled()
            self._forget_oldest()

    async def read_one(self, read: Read) -> None:
        """Read one with its log and outputs."""
        known, generation = self._with.knowledge, self._with.generation
        before = self._with.store.snapshot.job(self._with.scope, read.id)
        workflow_id = before.workflow_id if before else ""
        job = await self._with.backend.job(read.id, workflow_id=workflow_id)
        if generation != self._with.generation:
            return
        now = self._with.clock.now()
        known.not_found_once.discard(read.id)
        await self._take([job])
        known.note_read(job, now)
        look = known.unlisted.get(read.id)
        if look is not None:
            look.at = now + timedelta(seconds=self._with.options.unlisted_s)
        self._keep_log(job)

    def not_found(self, id: str) -> None:
        """Drop a job that the server does not have: one that waited leaves no row behind.

        One that was over stays known; one that the last list showed must be missing twice.
        """
        known, job = self._with.knowledge, self._with.store.snapshot.job(self._with.scope, id)
        is_listed = id in known.listed_open and id not in known.unlisted
        if is_listed and id not in known.not_found_once:
            known.not_found_once.add(id)
            return
        known.drop(id)
        known.explained.add(id)
        if job is not None and not (job.state.is_final or job.state is RunState.ENDED):
            self.remove(id)

    def remove(self, id: str) -> None:
        """Drop a job that is gone, and all that is planned for it."""
        self._with.knowledge.drop(id)
        self._logs.pop(id, None)
        self._with.store.apply(self._with.scope, Kind.JOB, "", (), removed=[id])

    async def _take(self, jobs: Sequence[Job]) -> bool:
        """Store jobs; whether any of them was news."""
        has_news = False
        for start in range(0, len(jobs), SLICE):
            if start:
                await asyncio.sleep(0)
            changed = self._take_slice(jobs[start : start + SLICE])
            has_news = has_news or bool(changed)
            over = tuple(job for job in changed if not job.state.is_active)
            if over:
                await self._with.memory.keep_jobs(over, self._with.clock.now())
        return has_news

    def _take_slice(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Store jobs; returns those that are new or changed."""
        store, scope, known = self._with.store, self._with.scope, self._with.knowledge
        before, now = store.snapshot, self._with.clock.now()
        server_now = self._with.server_now()
        olds = [before.job(scope, job.id) for job in jobs]
        merged = [merged_job(old, job, server_now) for old, job in zip(olds, jobs, strict=True)]
        change = store.apply(scope, Kind.JOB, "", merged)
        is_watched = known.jobs_read_at is not None
        for old, job in zip(olds, merged, strict=True):
            is_fresh = old.state.is_active if old else is_watched
            known.note(job, now, is_fresh=is_fresh)
        if change is None:
            return ()
        refs = change.refs
        return [job for job in merged if job.ref in refs]

    def _note_open(self, seen: set[str], started: datetime) -> None:
        """Plan to read what should be open and was not listed; `started` is when it was asked."""
        known, now = self._with.knowledge, self._with.clock.now()
        known.listed_open = frozenset(seen)
        for id in seen:
            known.unlisted.pop(id, None)
            known.not_found_once.discard(id)
        for id, since in known.open.items():
            if id not in seen and since < started:
                known.unlisted.setdefault(id, Look(now))
        self._count_slots(seen)

    def _count_slots(self, seen: set[str]) -> None:
        """Remember the most jobs at work while others waited: so many slots there are."""
        known, snapshot, scope = self._with.knowledge, self._with.store.snapshot, self._with.scope
        jobs = [job for id in seen if (job := snapshot.job(scope, id))]
        waiting = sum(job.state is RunState.QUEUED for job in jobs)
        if waiting:
            known.most_at_once = max(known.most_at_once, len(jobs) - waiting)

    def _note_read(self, workflow_id: str, *, is_complete: bool | None = None) -> None:
        now = self._with.clock.now()
        self._with.store.apply(
            self._with.scope, Kind.JOB, workflow_id, (), read_at=now, is_complete=is_complete
        )

    def _note_all(self, jobs: Sequence[Job], *, is_whole: bool) -> None:
        """Say that the list was read; one of last jobs alone does not tell of all that ran."""
        known, mode = self._with.knowledge, mode_of(self._with.backend.capabilities)
        if mode is ListMode.ALL:
            self._note_read("", is_complete=is_whole or None)
            return
        since = self._with.server_now() - timedelta(seconds=self._with.options.look_back_s)
        known.note_last(jobs, since)
        self._note_read("", is_complete=is_whole and known.has_all(mode))

    def _reaches_back(self, jobs: Sequence[Job]) -> bool:
        """Whether nothing that ended in the time that is looked back at can be missing."""
        since = self._with.server_now() - timedelta(seconds=self._with.options.look_back_s)
        return len(jobs) < ROWS_OF_ONE or any(
            one.queued_at and one.queued_at < since for one in jobs
        )

    def _note_filled(self) -> None:
        """Say whether the lists of single workflows make up all jobs by now."""
        mode = mode_of(self._with.backend.capabilities)
        if mode is not ListMode.ALL:
            has_all = self._with.knowledge.has_all(mode)
            self._with.store.apply(self._with.scope, Kind.JOB, "", (), is_complete=has_all)

    def _is_full_due(self, now: datetime) -> bool:
        known = self._with.knowledge
        at, asked = known.jobs_full_at, known.all_fresh_after
        if at is None or (asked is not None and at < asked):
            return True
        return now - at >= timedelta(seconds=self._with.options.jobs_full_s)

    def _keep_log(self, job: Job) -> None:
        """Keep the logs read last; older ones are dropped when there are too many lines."""
        self._logs[job.id] = len(job.messages or ())
        self._logs.move_to_end(job.id)
        total = sum(self._logs.values())
        snapshot, scope = self._with.store.snapshot, self._with.scope
        dropped: list[Job] = []
        for id in list(self._logs):
            if total <= MOST_MESSAGES:
                break
            if id == job.id or id in self._with.looked_at:
                continue
            total -= self._logs.pop(id)
            known = snapshot.job(scope, id)
            self._with.knowledge.forget_log(id)
            if known is not None:
                dropped.append(replace(known, messages=None, log_is_cut=False))
        if dropped:
            self._with.store.apply(scope, Kind.JOB, "", dropped)

    def _forget_oldest(self) -> None:
        """Keep memory bounded: of what is over, the oldest go."""
        records = self._with.store.snapshot.jobs(self._with.scope).records
        if len(records) <= MOST_JOBS:
            return
        over = [job for job in _jobs(records.values()) if not job.state.is_active]
        over.sort(key=lambda job: job.queued_at or _NO_TIME)
        gone = [job.id for job in over[: len(records) - MOST_JOBS * 9 // 10]]
        for id in gone:
            self._with.knowledge.drop(id)
            self._with.knowledge.explained.discard(id)
            self._logs.pop(id, None)
        self._with.store.apply(self._with.scope, Kind.JOB, "", (), removed=gone)


def _jobs(records: Iterable[object]) -> Iterable[Job]:
    return (record for record in records if isinstance(record, Job))
