"""Reads of runs: the newest of a schedule, and one with its tasks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain.models import Kind, Run
from qsui.live import merge
from qsui.live.planner import LIST_ROWS
from qsui.live.reading import Priority, ReadKind, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qsui.live.context import Context
    from qsui.live.reading import Read

MOST_RUNS = 120
BEGINNING = datetime.min.replace(tzinfo=UTC)
NO_LINKS_AFTER = timedelta(minutes=10)


class RunReads:
    """Asks for runs, stores them, and keeps track of open, failed and finished ones.

    Every read raises `ApiError` if the backend failed; what was stored before stays.
    """

    def __init__(self, context: Context) -> None:
        self._with = context

    async def read_list(self, read: Read) -> None:
        """Read the newest runs of one schedule: one page."""
        generation = self._with.generation
        limit = read.limit or LIST_ROWS
        rows: tuple[Run, ...] = ()
        complete: bool | None = True
        pages = self._with.backend.runs(read.parent, cap=limit, limit=limit)
        async for page in self._with.pages(read, pages):
            rows = page.records
            complete = True if page.is_last and not page.unchanged else None
            break
        if generation != self._with.generation:
            return
        now = self._with.clock.now()
        is_sweep = read.priority is Priority.SWEEP
        self._with.knowledge.note_runs_read(read.parent, now, is_sweep=is_sweep)
        known_from = self._known_from(read.parent, rows, is_all=complete is True)
        await self.take(read.parent, rows, read_at=now, is_complete=complete, known_from=known_from)
        self._with.knowledge.note_dues(read.parent)
        self._look_for_links(rows, now)

    async def read_one(self, read: Read) -> None:
        """Read one with its tasks."""
        generation = self._with.generation
        run = await self._with.backend.run(read.parent, read.id)
        if generation == self._with.generation:
            await self.take(read.parent, [run])
            if run.state.is_bad:
                self._note_failures(read.parent, [run], is_looked_at=True)

    def _known_from(
        self, schedule_id: str, rows: tuple[Run, ...], *, is_all: bool
    ) -> datetime | None:
        """From which slot on nothing is missing, once these newest rows are stored.

        `None` if they leave that as it was: they reach back to a run that an earlier list had.
        """
        if is_all:
            return BEGINNING
        before = self._with.store.snapshot.runs(self._with.scope, schedule_id)
        oldest = min((row.slot_at for row in rows if row.slot_at), default=None)
        if before.known_from is None or oldest is None:
            return oldest
        for row in rows:
            old = before.records.get(row.id)
            if isinstance(old, Run) and not old.from_query:
                return min(before.known_from, oldest)
        return oldest

    async def take(
        self,
        schedule_id: str,
        runs: Iterable[Run],
        *,
        read_at: datetime | None = None,
        is_complete: bool | None = None,
        known_from: datetime | None = None,
    ) -> None:
        """Store runs of a schedule; `read_at` is given if they are the answer to its list."""
        store, scope = self._with.store, self._with.scope
        before = store.snapshot.runs(scope, schedule_id).records
        now = self._with.server_now()
        merged: dict[str, Run] = {}
        for run in runs:
            old = before.get(run.id)
            merged[run.id] = merge.merged_run(old if isinstance(old, Run) else None, run, now)
        change = store.apply(
            scope,
            Kind.RUN,
            schedule_id,
            merged.values(),
            removed=_surplus(before.values(), merged),
            read_at=read_at,
            is_complete=is_complete,
            known_from=known_from,
        )
        self._note_failures(schedule_id, merged.values())
        if change is None:
            return
        changed = [merged[ref.id] for ref in change.added | change.updated if ref.id in merged]
        for run in changed:
            self._track(run)
        await self._with.memory.keep_runs(tuple(run for run in changed if run.state.is_final))

    def _track(self, run: Run) -> None:
        known, key = self._with.knowledge, (run.schedule_id, run.id)
        if not run.state.is_final:
            known.open_runs.setdefault(key, self._with.clock.now())
        elif known.open_runs.pop(key, None) is not None:
            known.ended.pop(name_of(ReadKind.RUN, *key), None)

    def _note_failures(
        self, schedule_id: str, runs: Iterable[Run], *, is_looked_at: bool = False
    ) -> None:
        """Have the newest failure explained; older ones are when someone looks at them."""
        failed = [r for r in runs if r.state.is_bad and (r.error is None or r.tasks is None)]
        if not failed:
            return
        records = self._with.store.snapshot.runs(self._with.scope, schedule_id).records.values()
        final = [run for run in records if isinstance(run, Run) and run.state.is_final]
        by_cron = [run for run in final if not run.is_manual]  # a manual run's slot is no due slot
        newest = {max(some, key=_by_slot).id for some in (final, by_cron) if some}
        for run in failed:
            if is_looked_at or not newest or run.id in newest:
                self._with.knowledge.note_failure((schedule_id, run.id), self._with.clock.now())

    def _look_for_links(self, runs: Iterable[Run], now: datetime) -> None:
        """Tell whether this server's queries name the runs that they belong to."""
        known = self._with.knowledge
        if known.links_seen or not known.queries_polled:
            return
        since = self._with.server_now() - timedelta(seconds=self._with.options.look_back_s / 2)
        if any(run.slot_at and run.slot_at >= since for run in runs):
            known.unlinked_since = known.unlinked_since or now


def _by_slot(run: Run) -> tuple[bool, float]:
    return (run.slot_at is not None, run.slot_at.timestamp() if run.slot_at else 0.0)


def _surplus(known: Iterable[object], given: dict[str, Run]) -> list[str]:
    """The oldest finished runs beyond what is kept of one schedule."""
    runs = [run for run in known if isinstance(run, Run) and run.id not in given]
    if len(runs) + len(given) <= MOST_RUNS:
        return []
    runs.sort(key=_by_slot, reverse=True)
    return [run.id for run in runs[max(0, MOST_RUNS - len(given)) :] if run.state.is_final]
