"""The live engine of one Query Service scope; see `ReadingLoop` for how its reads are taken.

It needs no screen. Lookers state what they want (`demand`), answers go to the store, and what went
wrong to the scope's health.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.models import Query, Run, Schedule
from qsui.live.backoff import Backoff
from qsui.live.context import Context
from qsui.live.demands import Demands, PollOptions, Wanted, together
from qsui.live.due_watch import watch_dues
from qsui.live.health import health_of
from qsui.live.knowledge import Knowledge
from qsui.live.memory import Memory
from qsui.live.planner import LIST_ROWS, plan
from qsui.live.reader import Reader
from qsui.live.reading import Read, ReadKind, name_of
from qsui.live.reading_loop import ReadingLoop, jitter
from qsui.live.run_reads import NO_LINKS_AFTER

if TYPE_CHECKING:
    import random as random_numbers
    from datetime import datetime

    from qsui.domain.models import Ref
    from qsui.domain.ports import Clock, History, QueryServiceReads
    from qsui.live.store import Health, Store, Trouble

__all__ = ["Demands", "Engine", "PollOptions"]


class Engine(ReadingLoop):
    """Reads runs, queries and schedules of one scope."""

    def __init__(
        self,
        backend: QueryServiceReads,
        store: Store,
        *,
        clock: Clock,
        history: History | None = None,
        options: PollOptions | None = None,
        random: random_numbers.Random | None = None,
    ) -> None:
        self.options = options or PollOptions()
        self._known = Knowledge(Backoff(random or jitter()))
        super().__init__(backend, store, self._known, self.options, clock)
        self._backend = backend
        self._memory = Memory(history, backend.scope)
        self._context = Context(
            backend, store, self._known, self._memory, clock, self.options, self._till.pay
        )
        self._reader = Reader(self._context)
        self._demands: dict[str, Demands] = {}
        self._wanted = Wanted(schedules=True)
        self._is_painted = False
        self._tell_health()

    def demand(self, owner: str, demands: Demands | None) -> None:
        """State what a looker wants fresh; `None` when it looks no more."""
        if self._demands.get(owner) == demands:
            return
        if demands is None:
            self._demands.pop(owner, None)
        else:
            self._demands[owner] = demands
        self._wanted = (
            together(tuple(self._demands.values())) if self._demands else Wanted(schedules=True)
        )
        self._context.flags = (self._wanted.include_hidden, self._wanted.include_deleted)
        self._wake.set()

    def query_detail(self, id: str) -> Query | None:
        """Return a query with its whole SQL in its newest state; `None` until it was read."""
        return self._reader.query_detail(id)

    def retire(self) -> None:
        """Drop the answers to all that is still under way; further reads count again."""
        self._reader.retire()

    async def read_run(self, schedule_id: str, run_id: str) -> Run:
        """Read a run with its tasks now and, if it failed, the error behind it.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such run.
        """
        await self.ask(ReadKind.RUN, schedule_id, run_id)
        run = self._store.snapshot.run(self.scope, schedule_id, run_id)
        if run is None:
            run = await self._backend.run(schedule_id, run_id)
        if run.state.is_bad and run.error is None:
            await self.ask(ReadKind.FAILURE, run.schedule_id, run.id)
        return self._store.snapshot.run(self.scope, run.schedule_id, run.id) or run

    async def read_query(self, id: str) -> Query:
        """Read a query with its whole SQL now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such query.
        """
        await self.ask(ReadKind.QUERY, "", id)
        return self.query_detail(id) or await self._backend.query(id)

    async def read_schedule(self, id: str) -> Schedule:
        """Read a schedule with its whole SQL now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such schedule.
        """
        await self.ask(ReadKind.SCHEDULE, "", id)
        return self._store.snapshot.schedule(self.scope, id) or await self._backend.schedule(id)

    async def read_runs(self, schedule_id: str) -> tuple[Run, ...]:
        """Read the newest 100 runs of a schedule now; returns all that are known of it.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such schedule.
        """
        await self.ask(ReadKind.RUNS, schedule_id, "", limit=LIST_ROWS)
        records = self._store.snapshot.runs(self.scope, schedule_id).records.values()
        return tuple(record for record in records if isinstance(record, Run))

    def forget(self, ref: Ref) -> None:
        """Drop a record that is known to be gone from the server."""
        self._reader.forget(ref)

    async def _paint(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            await self._memory.paint(self._store, self._clock.now())
            records = self._store.snapshot.schedules(self.scope).records.values()
            self._known.note_enabled(r for r in records if isinstance(r, Schedule))

    def _plan(self, now: datetime) -> list[Read]:
        return plan(
            now,
            self._known,
            self._wanted,
            self.options,
            is_focused=self.focused,
        )

    async def _perform(self, read: Read) -> None:
        await self._reader.perform(read)

    async def _work_out(self) -> bool:
        return await watch_dues(self._context)

    def _next_event_at(self) -> datetime | None:
        next_due = self._known.dues.next_at()
        return None if next_due is None else next_due - self._backend.server_offset

    def _succeeded(self, read: Read) -> None:
        if read.kind is ReadKind.FAILURE:
            run_name = name_of(ReadKind.RUN, read.parent, read.id)
            self._known.ended[run_name] = self._clock.now()

    def _is_told(self, read: Read) -> bool:
        return read.kind is not ReadKind.RUNS or self._is_listed(read.parent)

    def _failed(self, read: Read, trouble: Trouble) -> None:
        if read.kind is ReadKind.RUNS and read.is_about_one and trouble.kind in _OF_ONE:
            self._known.note_runs_read(read.parent, self._clock.now(), is_sweep=True)
        if trouble.kind == "not_found":
            self._known.forget_missing(read)

    def _is_listed(self, schedule_id: str) -> bool:
        return self._store.snapshot.schedule(self.scope, schedule_id) is not None

    def _health(self, now: datetime) -> Health:
        known = self._known
        if known.unlinked_since and not known.links_seen:
            known.no_run_links = now - known.unlinked_since >= NO_LINKS_AFTER
        health = health_of(known, self._backend, self.options, now)
        return replace(health, history_trouble=self._memory.trouble)


_OF_ONE = frozenset({"not_found", "bad_response", "server_error", "rejected"})
