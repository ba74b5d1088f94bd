"""Keeps the verdict of every schedule of a scope, and computes no more of them than it must.

A schedule is judged anew only if its record or its runs changed, its runs were read again, or the
moment came at which time alone changes something. Rows that nobody asked about wait for `settle`,
which gives the event loop back every few milliseconds.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from qsui.domain import verdict
from qsui.domain.facts import ScheduleFacts, Verdict
from qsui.domain.models import Kind, Run, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from qsui.domain.models import Ref, Scope
    from qsui.domain.ports import Clock
    from qsui.live.store import Change, PartitionKey, Store

SLICE_S = 0.008
ANNOUNCE_S = 0.1
"""While many schedules are judged, listeners are told this often."""

FEW = 100
"""Up to so many waiting schedules are judged as soon as somebody asks for their facts."""

_NOTHING = ScheduleFacts(Verdict.UNKNOWN)
_NOT_YET = ScheduleFacts(Verdict.UNREAD)
_SOON = timedelta(seconds=1)


class Judge(Protocol):
    """The rule that makes facts of a schedule and its runs (`qsui.domain.verdict.judge`)."""

    def __call__(
        self,
        schedule: Schedule,
        runs: Sequence[Run],
        *,
        now: datetime,
        read_at: datetime | None,
        last_read_ok: bool = True,
        runs_from: datetime | None = None,
    ) -> ScheduleFacts:
        """Judge one schedule at server time `now`."""
        ...


class Verdicts:
    """The facts of each schedule of a scope, by id.

    Times given are local and turned into the server's by the offset in the scope's health.
    """

    def __init__(
        self, store: Store, scope: Scope, clock: Clock, *, judge: Judge | None = None
    ) -> None:
        self._store = store
        self._scope = scope
        self._clock = clock
        self._judge: Judge = judge or verdict.judge
        self._facts: dict[str, ScheduleFacts] = {}
        self._announced: dict[str, ScheduleFacts] = {}
        self._counts: Counter[Verdict] = Counter()
        self._pending: dict[str, None] = {}
        self._changed: set[str] = set()
        self._due: list[tuple[datetime, str]] = []
        self._listeners: list[Callable[[frozenset[str]], None]] = []
        self.judged = 0
        self._pending.update(dict.fromkeys(store.snapshot.schedules(scope).records))
        self._endings = (store.listen(self._on_change), store.listen_reads(self._on_read))

    @property
    def pending(self) -> int:
        """How many schedules wait to be judged."""
        return len(self._pending)

    def close(self) -> None:
        """Stop listening to the store."""
        for end in self._endings:
            end()

    def listen(self, callback: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call back with the ids whose facts are no longer those told before.

        It happens in `tick` and in `settle`. Returns the function that ends that.
        """
        self._listeners.append(callback)

        def end() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return end

    def facts(self, schedule_id: str) -> ScheduleFacts:
        """Return the facts of one schedule, judged now if need be; `UNKNOWN` if there is none."""
        known = self._facts.get(schedule_id)
        if known is not None and schedule_id not in self._pending:
            until = known.valid_until
            if until is None or until > self._server(self._clock.now()):
                return known
        return self._compute(schedule_id)

    def at_hand(self, schedule_id: str) -> ScheduleFacts:
        """Return facts without a wait: judged now while few schedules wait, else the last known.

        `UNREAD` if it was never judged. What is missing comes through `settle` and the listeners.
        """
        if len(self._pending) <= FEW:
            return self.facts(schedule_id)
        return self._facts.get(schedule_id, _NOT_YET)

    def count(self, verdict: Verdict) -> int:
        """Return how many schedules have that verdict, by what was told to listeners last."""
        return self._counts[verdict]

    def tick(self, now: datetime) -> frozenset[str]:
        """Judge again what time alone changed by `now`; returns the ids whose facts differ.

        After a few milliseconds what is left waits for `settle` instead.
        """
        server_now = self._server(now)
        different: set[str] = set()
        end = time.perf_counter() + SLICE_S
        while self._due and self._due[0][0] <= server_now:
            _, id = heapq.heappop(self._due)
            known = self._facts.get(id)
            if not (known and known.valid_until and known.valid_until <= server_now):
                continue
            if time.perf_counter() > end:
                self._pending[id] = None
            elif self._compute(id, server_now) != known:
                different.add(id)
        self._announce()
        return frozenset(different)

    async def settle(self) -> None:
        """Judge everything that waits, yielding to the event loop every few milliseconds."""
        announced = time.perf_counter()
        while self._pending:
            end = time.perf_counter() + SLICE_S
            while self._pending and time.perf_counter() < end:
                self._compute(next(iter(self._pending)))
            if end - announced >= ANNOUNCE_S or len(self._changed) >= FEW:
                self._announce()
                announced = end
            await asyncio.sleep(0)
        self._announce()

    def _compute(self, id: str, server_now: datetime | None = None) -> ScheduleFacts:
        self._pending.pop(id, None)
        snapshot = self._store.snapshot
        schedule = snapshot.schedule(self._scope, id)
        if schedule is None:
            self._facts.pop(id, None)
            return _NOTHING
        now = server_now or self._server(self._clock.now())
        facts = self._facts_of(schedule, now)
        self.judged += 1
        if facts.valid_until is not None:
            heapq.heappush(self._due, (max(facts.valid_until, now + _SOON), id))
        self._facts[id] = facts
        if self._announced.get(id) != facts:
            self._changed.add(id)
        return facts

    def _facts_of(self, schedule: Schedule, now: datetime) -> ScheduleFacts:
        """Judge a schedule at server time `now`."""
        partition = self._store.snapshot.runs(self._scope, schedule.id)
        return self._judge(
            schedule,
            _newest([r for r in partition.records.values() if isinstance(r, Run)]),
            now=now,
            read_at=self._server(partition.read_at) if partition.read_at else None,
            last_read_ok=partition.trouble is None,
            runs_from=partition.known_from or now,
        )

    def _concerned(self, ref: Ref) -> Iterable[str]:
        """Return the ids of the schedules whose facts hang on a record."""
        if ref.kind is Kind.SCHEDULE:
            return (ref.id,)
        return (ref.parent,) if ref.kind is Kind.RUN else ()

    def _announce(self) -> None:
        changed, self._changed = self._changed, set()
        told: set[str] = set()
        for id in changed:
            facts = self._facts.get(id)
            if facts is None:
                before = self._announced.pop(id, None)
                if before is not None:
                    self._counts[before.verdict] -= 1
                    told.add(id)
                continue
            before = self._announced.get(id)
            if before != facts:
                if before is not None:
                    self._counts[before.verdict] -= 1
                self._counts[facts.verdict] += 1
                self._announced[id] = facts
                told.add(id)
        if told:
            for callback in tuple(self._listeners):
                callback(frozenset(told))

    def _on_change(self, change: Change) -> None:
        for ref in change.refs:
            if (ref.profile, ref.sandbox) != (self._scope.profile, self._scope.sandbox):
                continue
            self._pending.update(dict.fromkeys(self._concerned(ref)))
        for ref in change.removed:
            if ref.kind is Kind.SCHEDULE and ref.id in self._announced:
                self._changed.add(ref.id)

    def _on_read(self, key: PartitionKey) -> None:
        label, kind, parent = key
        if kind is Kind.RUN and label == self._scope.label:
            self._pending[parent] = None

    def _offset(self) -> timedelta:
        health = self._store.snapshot.health.get(self._scope.label)
        return health.server_offset if health else timedelta()

    def _server(self, local: datetime) -> datetime:
        return local + self._offset()


def _newest(runs: list[Run]) -> list[Run]:
    """Return the newest runs by slot, newest first, no more than are judged."""
    runs.sort(key=lambda r: (r.slot_at is not None, r.slot_at, r.id), reverse=True)
    return runs[: verdict.RUNS_JUDGED]
