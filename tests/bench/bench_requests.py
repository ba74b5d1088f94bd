"""How many requests the engine needs, and how soon a failure is on screen: a simulation.

A made-up server answers at once under a clock that leaps, so that hours take seconds. Budgets: with
1,000 enabled schedules at most 30 requests a minute in steady state and p95 of failure to screen at
most 20 s; with 10,000 (and twice the allowance) at most 3 times the requests.

    python -m tests.bench.bench_requests
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from qsui.domain import cron
from qsui.domain.models import Kind, Run
from qsui.domain.states import RunState
from qsui.live.engine import Demands, Engine, PollOptions
from qsui.live.store import Change, Store
from tests.live.fakes import (
    HOUR,
    MINUTE,
    NOON,
    SCOPE,
    SECOND,
    FakeBackend,
    FakeClock,
    query,
    run,
    schedule,
)

FAIL_RATIO = 0.1
WARM_UP = timedelta(minutes=15)
STEADY = timedelta(minutes=60)


@dataclass(slots=True)
class Outcome:
    per_minute: float
    worst_minute: int
    p50_s: float
    p95_s: float
    failures: int
    wall_s: float


class Shop:
    """Starts and ends runs on the made-up server as their schedules say."""

    def __init__(self, server: FakeBackend, schedules: int, numbers: random.Random) -> None:
        self.server = server
        self.numbers = numbers
        self.failed_at: dict[str, datetime] = {}
        self._events: list[tuple[datetime, int, Run, str]] = []
        self._count = 0
        for n in range(schedules):
            expression = _expression(n, numbers)
            server.put(schedule(f"s{n:05}", expression))
            self._plan(f"s{n:05}", cron.parse(expression))

    def _plan(self, id: str, parsed: cron.Cron) -> None:
        slot = cron.previous_fire(parsed, NOON)
        due = cron.next_fire(parsed, NOON)
        while slot and due and due < NOON + WARM_UP + STEADY + HOUR:
            is_bad = self.numbers.random() < FAIL_RATIO
            slot_run = run(id, slot, RunState.RUNNING, started=due)
            self._push(due + timedelta(seconds=self.numbers.uniform(5, 90)), slot_run, "start")
            end = due + timedelta(minutes=self.numbers.uniform(1, 12))
            self._push(end, slot_run, "fail" if is_bad else "end")
            slot, due = due, cron.next_fire(parsed, due)

    def _push(self, at: datetime, of: Run, what: str) -> None:
        self._count += 1
        heapq.heappush(self._events, (at, self._count, of, what))

    def work(self, now: datetime) -> None:
        """Let everything happen that is due by now."""
        while self._events and self._events[0][0] <= now:
            at, _, of, what = heapq.heappop(self._events)
            state = {"start": RunState.RUNNING, "end": RunState.SUCCESS}.get(what, RunState.FAILED)
            ended = replace(of, state=state, raw_state=state.value)
            error = "boom" if state.is_bad else ""
            self.server.put(ended)
            name = f"q-{of.schedule_id}-{of.id}"
            self.server.put(query(name, state, of=of, updated=at, created=at, error=error))
            if state.is_bad:
                self.failed_at[f"{of.schedule_id}/{of.id}"] = at


def _expression(n: int, numbers: random.Random) -> str:
    """A third hourly, a sixth every two and every six hours each, the rest daily; any minute."""
    minute, hour = numbers.randrange(60), numbers.randrange(24)
    hours = ("*", "*", "*/2", f"{hour}", f"{hour}", "*/6")[n % 6]
    return f"{minute} {hours} * * *"


async def simulate(schedules: int, per_min: int) -> Outcome:
    """Run the engine for a virtual hour of steady state and measure."""
    numbers = random.Random(7)  # noqa: S311  # a repeatable simulation
    clock = FakeClock()
    server = FakeBackend(clock)
    shop = Shop(server, schedules, numbers)
    store = Store()
    seen: dict[str, datetime] = {}

    def look(change: Change) -> None:
        for ref in change.added | change.updated:
            if ref.kind is Kind.RUN:
                found = change.snapshot.run(SCOPE, ref.parent, ref.id)
                if found is not None and found.state.is_bad:
                    seen.setdefault(f"{ref.parent}/{ref.id}", clock.now())

    store.listen(look)
    options = PollOptions(requests_per_min=per_min)
    engine = Engine(server, store, clock=clock, options=options, random=numbers)
    engine.demand("list", Demands(visible_schedules=tuple(f"s{n:05}" for n in range(38))))
    begin = time.perf_counter()
    task = asyncio.create_task(engine.run())
    await clock.advance(MINUTE)
    for n in range(schedules):  # as if the first sweep were over
        engine._known.note_runs_read(f"s{n:05}", clock.now(), is_sweep=False)
    steady_from = NOON + WARM_UP
    end = steady_from + STEADY
    while clock.now() < end:
        shop.work(clock.now())
        _forget(server, clock.now())
        await clock.advance(SECOND)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return _outcome(server, shop, seen, steady_from, time.perf_counter() - begin)


def _forget(server: FakeBackend, now: datetime) -> None:
    """Keep the made-up server quick: what changed long ago is in no answer of interest."""
    if now.second == 0 and now.minute % 5 == 0:
        before = now - 10 * MINUTE
        for id, known in list(server.queries_by_id.items()):
            if known.updated_at and known.updated_at < before and known.state.is_final:
                del server.queries_by_id[id]


def _outcome(
    server: FakeBackend,
    shop: Shop,
    seen: dict[str, datetime],
    steady_from: datetime,
    wall_s: float,
) -> Outcome:
    minutes: dict[int, int] = {}
    for at, _ in server.requests:
        if at >= steady_from:
            minute = int((at - steady_from) / MINUTE)
            minutes[minute] = minutes.get(minute, 0) + 1
    waits = sorted(
        (seen[name] - at).total_seconds() if name in seen else float("inf")
        for name, at in shop.failed_at.items()
        if steady_from <= at <= steady_from + STEADY - MINUTE
    )
    count = STEADY / MINUTE
    return Outcome(
        per_minute=sum(minutes.values()) / count,
        worst_minute=max(minutes.values(), default=0),
        p50_s=waits[len(waits) // 2] if waits else 0.0,
        p95_s=waits[int(len(waits) * 0.95)] if waits else 0.0,
        failures=len(waits),
        wall_s=wall_s,
    )


def main() -> None:
    """Print both sizes and their ratio."""
    outcomes = {}
    for schedules, per_min in ((1_000, 60), (10_000, 120)):
        outcome = asyncio.run(simulate(schedules, per_min))
        outcomes[schedules] = outcome
        print(
            f"{schedules:>6} schedules, {per_min:>3}/min allowed:"
            f" {outcome.per_minute:5.1f} requests/min (worst {outcome.worst_minute}),"
            f" failure to screen p50 {outcome.p50_s:4.1f} s, p95 {outcome.p95_s:4.1f} s"
            f" of {outcome.failures}; {outcome.wall_s:.1f} s to simulate"
        )
    small, large = outcomes[1_000], outcomes[10_000]
    print(f"budget 30/min:      {small.per_minute / 30:4.2f} of it")
    print(f"budget p95 20 s:    {small.p95_s / 20:4.2f} of it")
    print(f"10,000 over 1,000:  {large.per_minute / small.per_minute:4.2f} times (budget 3)")


if __name__ == "__main__":
    main()
