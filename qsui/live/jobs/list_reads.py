"""Reads of the other lists of a scope with jobs: schedules, workflows and users.

Every read raises `ApiError` if the backend failed; what was stored before stays.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.errors import Forbidden, NotFound
from qsui.domain.jobs import Workflow
from qsui.domain.models import Kind, Schedule
from qsui.live.jobs.job_reads import SLICE
from qsui.live.jobs.merge import merged_workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from qsui.live.jobs.context import JobContext
    from qsui.live.reading import Read

KEEP_NEWS_S = 60.0
KEEP_S = 600.0
"""How long after a list was kept it is kept again: with news in it, and without."""


class ListReads:
    """Asks for schedules, workflows and users, and stores them; users are kept beside the store."""

    def __init__(self, context: JobContext) -> None:
        self._with = context

    async def read_schedules(self, read: Read) -> None:
        """Read all; schedules that are not among them are gone."""
        generation = self._with.generation
        ids: set[str] = set()
        is_sure = has_news = False
        before = self._with.store.snapshot.schedules(self._with.scope).records
        async for page in self._with.pages(read, self._with.backend.schedules()):
            ids.update(schedule.id for schedule in page.records)
            has_news = await self._take(Kind.SCHEDULE, page.records) or has_news
            is_sure = page.is_last and not page.bad and not page.unchanged
        if generation == self._with.generation:
            known = self._with.knowledge
            known.listed_since = known.listed_since or self._with.clock.now()
            has_news = self._finish(Kind.SCHEDULE, ids, is_sure=is_sure) or has_news
            records = self._with.store.snapshot.schedules(self._with.scope).records.values()
            ran = (one.workflow_id for one in records if isinstance(one, Schedule))
            known.scheduled = tuple(dict.fromkeys(id for id in ran if id))
            known.hinted |= dict.fromkeys(_ran_since(before, records))
            await self._keep(Kind.SCHEDULE, has_news=has_news)

    async def read_schedule(self, read: Read) -> None:
        """Read one."""
        generation = self._with.generation
        schedule = await self._with.backend.schedule(read.id)
        if generation == self._with.generation:
            await self._take(Kind.SCHEDULE, [schedule])

    async def read_workflows(self, read: Read) -> None:
        """Read all; workflows that are not among them are gone."""
        generation = self._with.generation
        ids: set[str] = set()
        is_sure = has_news = False
        async for page in self._with.pages(read, self._with.backend.workflows()):
            ids.update(workflow.id for workflow in page.records)
            has_news = await self._take_workflows(page.records) or has_news
            is_sure = page.is_last and not page.bad and not page.unchanged
        if generation == self._with.generation:
            has_news = self._finish(Kind.WORKFLOW, ids, is_sure=is_sure) or has_news
            records = self._with.store.snapshot.workflows(self._with.scope).records
            self._with.knowledge.listed = tuple(records)
            self._with.knowledge.has_workflows |= is_sure
            await self._keep(Kind.WORKFLOW, has_news=has_news)

    async def read_workflow(self, read: Read) -> None:
        """Read one with its published version."""
        generation = self._with.generation
        workflow = await self._with.backend.workflow(read.id)
        if generation == self._with.generation:
            await self._take_workflows([workflow])

    async def read_people(self) -> None:
        """Read all users; that this key or release may not is no trouble: names stay ids."""
        try:
            people = await self._with.backend.people()
        except (Forbidden, NotFound):
            return
        self._with.knowledge.people = {one.id: one for one in people if one.id}

    def remove(self, kind: Kind, id: str) -> None:
        """Drop a schedule or a workflow that is gone."""
        self._with.store.apply(self._with.scope, kind, "", (), removed=[id])

    async def _take_workflows(self, workflows: Sequence[Workflow]) -> bool:
        snapshot, scope = self._with.store.snapshot, self._with.scope
        merged = [merged_workflow(snapshot.workflow(scope, one.id), one) for one in workflows]
        return await self._take(Kind.WORKFLOW, merged)

    async def _take(self, kind: Kind, records: Sequence[Schedule] | Sequence[Workflow]) -> bool:
        """Store records; whether any was news."""
        has_news = False
        for start in range(0, len(records), SLICE):
            if start:
                await asyncio.sleep(0)
            part = records[start : start + SLICE]
            change = self._with.store.apply(self._with.scope, kind, "", part)
            has_news = has_news or change is not None
        return has_news

    def _finish(self, kind: Kind, ids: set[str], *, is_sure: bool) -> bool:
        """Say that a list was read; what it no longer has goes, if all of it could be read."""
        store, scope = self._with.store, self._with.scope
        known = store.snapshot.partition(scope, kind).records
        gone = [id for id in known if id not in ids] if is_sure else []
        now = self._with.clock.now()
        store.apply(
            scope, kind, "", (), removed=gone, read_at=now, is_complete=True if is_sure else None
        )
        return bool(gone)

    async def _keep(self, kind: Kind, *, has_news: bool) -> None:
        """Keep a list for the next session, not with every little change of it."""
        known, now = self._with.knowledge, self._with.clock.now()
        last = known.kept_at.get(kind)
        wait_s = KEEP_NEWS_S if has_news else KEEP_S
        if last is not None and now - last < timedelta(seconds=wait_s):
            return
        known.kept_at[kind] = now
        records = self._with.store.snapshot.partition(self._with.scope, kind).records.values()
        memory = self._with.memory
        if kind is Kind.SCHEDULE:
            schedules = tuple(one for one in records if isinstance(one, Schedule))
            await memory.keep_schedules(schedules, now, replace=True)
        else:
            workflows = tuple(one for one in records if isinstance(one, Workflow))
            await memory.keep_workflows(workflows, now, replace=True)


def _ran_since(before: Mapping[str, object], records: Iterable[object]) -> Iterator[str]:
    """The workflows of schedules that ran since they were last read."""
    for one in records:
        if isinstance(one, Schedule) and one.workflow_id:
            old = before.get(one.id)
            if isinstance(old, Schedule) and old.last_run_at != one.last_run_at:
                yield one.workflow_id
