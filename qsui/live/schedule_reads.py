"""Reads of schedules: the whole list, what changed lately, and one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.models import Kind, Schedule
from qsui.live import merge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.live.context import Context
    from qsui.live.reading import Read
    from qsui.live.store import Change


class ScheduleReads:
    """Asks for schedules and stores them.

    Every read raises `ApiError` if the backend failed; what was stored before stays.
    """

    def __init__(self, context: Context) -> None:
        self._with = context

    async def read_all(self, read: Read) -> None:
        """Read the list to its end; schedules that are not in it are gone.

        A page whose body did not change stands for the ids it had at the last whole read; if that
        is not known, nothing is taken to be gone.
        """
        known = self._with.knowledge
        generation = self._with.generation
        pages: list[tuple[str, ...]] = []
        is_sure = True
        async for page in self._with.pages(read, self._with.backend.schedules()):
            if not page.unchanged:
                pages.append(tuple(schedule.id for schedule in page.records))
                await self._take(page.records, self._with.clock.now())
            elif len(pages) < len(known.schedule_pages):
                pages.append(known.schedule_pages[len(pages)])
            else:
                is_sure = False
        if generation != self._with.generation:
            return
        known.schedules_full_at = self._with.clock.now()
        known.listed_since = known.listed_since or known.schedules_full_at
        known.schedule_pages = pages if is_sure else []
        if is_sure:
            await self._keep_only({id for page in pages for id in page})

    async def read_recent(self, read: Read) -> None:
        """Read the newest changes, up to the first page that brings nothing new."""
        pages = self._with.backend.schedules(newest_change_first=True)
        async for page in self._with.pages(read, pages):
            if await self._take(page.records, self._with.clock.now()) is None:
                return

    async def read_one(self, read: Read) -> None:
        """Read one with its whole SQL."""
        generation = self._with.generation
        schedule = await self._with.backend.schedule(read.id)
        if generation == self._with.generation:
            await self._take([schedule], None)

    def remove(self, schedule_id: str) -> None:
        """Drop a schedule that is gone, its runs, and all that is planned for it."""
        store, scope = self._with.store, self._with.scope
        self._with.knowledge.forget_schedule(schedule_id)
        store.apply(scope, Kind.SCHEDULE, "", (), removed=[schedule_id])
        store.drop(scope, Kind.RUN, schedule_id)

    async def _take(self, schedules: Iterable[Schedule], read_at: datetime | None) -> Change | None:
        """Store schedules; `None` if all of them were known as they are."""
        store, scope, known = self._with.store, self._with.scope, self._with.knowledge
        before = store.snapshot
        merged = [merge.merged_schedule(before.schedule(scope, s.id), s) for s in schedules]
        is_old = known.schedules_full_at is None and before.schedules(scope).from_history
        change = store.apply(scope, Kind.SCHEDULE, "", merged, read_at=read_at, from_history=is_old)
        if change is None or not change.refs:
            return None
        ids = {ref.id for ref in change.refs}
        for id in ids:
            known.dues.forget(id)
        known.note_enabled(_all(change.snapshot.schedules(scope).records.values()))
        news = tuple(schedule for schedule in merged if schedule.id in ids)
        await self._with.memory.keep_schedules(news, self._with.clock.now(), replace=False)
        return change

    async def _keep_only(self, ids: set[str]) -> None:
        store, scope = self._with.store, self._with.scope
        now = self._with.clock.now()
        gone = [id for id in store.snapshot.schedules(scope).records if id not in ids]
        for id in gone:
            self.remove(id)
        store.apply(scope, Kind.SCHEDULE, "", (), read_at=now, is_complete=True)
        schedules = tuple(_all(store.snapshot.schedules(scope).records.values()))
        self._with.knowledge.note_enabled(schedules)
        await self._with.memory.keep_schedules(schedules, now, replace=True)


def _all(records: Iterable[object]) -> Iterable[Schedule]:
    return (record for record in records if isinstance(record, Schedule))
