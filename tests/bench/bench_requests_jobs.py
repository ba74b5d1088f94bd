"""How many requests a scope with jobs needs, and how soon a failure is known: a simulation.

A made-up server answers at once under a clock that leaps. It has 500 workflows and 200 schedules,
hourly to daily, and jobs that people start; in lists of all jobs outcomes are hidden, as on real
servers. Counted as sent, with what one read asks beside its first call. Budgets: at most 300
requests a minute (20 more in a burst) and p95 of failure to store at most 20 s.

    python -m tests.bench.bench_requests_jobs
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from qsui.domain.states import RunState
from qsui.live.jobs.engine import Demands, JobEngine
from qsui.live.store import Change, Store
from tests.live.fakes import HOUR, MINUTE, NOON, SECOND, FakeClock
from tests.live.job_fakes import AYX, FakeServer, job, message, schedule, workflow

WORKFLOWS = 500
SCHEDULES = 200
SLOTS = 8
FAIL_RATIO = 0.1
BY_HAND_EVERY = timedelta(minutes=2)
WARM_UP = timedelta(minutes=15)
STEADY = timedelta(minutes=60)
BUDGET = 300
SCREENS = {
    "schedules": Demands(schedules=True),
    "workflows": Demands(workflows=True),
    "jobs": Demands(jobs=True),
    "one job": Demands(jobs=True, job="open"),
    "away": Demands(schedules=True),
}
_MORE = {"jobs:open": 2, "jobs of": 3}
"""Calls that a read makes beside the one that the made-up server counts."""


@dataclass(slots=True)
class Outcome:
    per_minute: float
    worst_minute: int
    p50_s: float
    p95_s: float
    failures: int
    jobs: int
    wall_s: float


class Floor:
    """Starts and ends jobs on the made-up server as schedules and people say."""

    def __init__(self, server: FakeServer, numbers: random.Random) -> None:
        self.server = server
        self.numbers = numbers
        self.failed_at: dict[str, datetime] = {}
        self._events: list[tuple[datetime, int, str]] = []
        self._queue: list[str] = []
        self._working = 0
        self._count = 0
        server.put(*(workflow(f"w{n}") for n in range(WORKFLOWS)))
        server.put(*(schedule(f"s{n}", of=f"w{n * 2}") for n in range(SCHEDULES)))
        for n in range(SCHEDULES):
            every = (HOUR, 2 * HOUR, 6 * HOUR, 24 * HOUR)[n % 4]
            due = NOON + timedelta(seconds=numbers.uniform(0, every.total_seconds()))
            while due < NOON + WARM_UP + STEADY:
                self._come(due, f"w{n * 2}")
                due += every
        due = NOON
        while due < NOON + WARM_UP + STEADY:
            self._come(due, f"w{numbers.randrange(WORKFLOWS)}")
            due += BY_HAND_EVERY

    def _come(self, at: datetime, of: str) -> None:
        self._count += 1
        heapq.heappush(self._events, (at, self._count, of))

    def work(self, now: datetime) -> None:
        """Let everything happen that is due by now."""
        while self._events and self._events[0][0] <= now:
            at, number, what = heapq.heappop(self._events)
            if what.startswith("w"):
                self.server.put(job(f"j{number}", RunState.QUEUED, of=what, queued=at))
                self._queue.append(f"j{number}")
                known = self.server.schedules_by_id.get(f"s{int(what[1:]) // 2}")
                if known is not None and known.workflow_id == what:
                    self.server.put(replace(known, last_run_at=at))
            else:
                self._end(what, at)
        while self._queue and self._working < SLOTS:
            id = self._queue.pop(0)
            self._working += 1
            waiting = self.server.jobs_by_id[id]
            running = replace(waiting, state=RunState.RUNNING, raw_state="Running", started_at=now)
            self.server.put(replace(running, messages=(message("begun"),)))
            self._come(now + timedelta(seconds=self.numbers.uniform(30, 600)), id)

    def _end(self, id: str, at: datetime) -> None:
        self._working -= 1
        is_bad = self.numbers.random() < FAIL_RATIO
        self.server.end(id, RunState.FAILED if is_bad else RunState.SUCCESS, message("ended"))
        if is_bad:
            self.failed_at[id] = at


async def simulate(mode: str, screen: str) -> Outcome:
    """Run the engine for a virtual hour of steady state and measure."""
    numbers = random.Random(7)  # noqa: S311  # a repeatable simulation
    clock = FakeClock()
    server = FakeServer(clock, mode=mode)
    server.hides_outcomes = mode == "all"
    server.put(job("open", of="w499", queued=NOON - HOUR, messages=(message("begun"),)))
    floor, store = Floor(server, numbers), Store()
    seen: dict[str, datetime] = {}

    def look(change: Change) -> None:
        for ref in change.added | change.updated:
            found = change.snapshot.job(AYX, ref.id)
            if found is not None and found.state.is_bad:
                seen.setdefault(ref.id, clock.now())

    store.listen(look)
    engine = JobEngine(server, store, clock=clock, random=numbers)
    engine.focused = screen != "away"
    begin = time.perf_counter()
    task = asyncio.create_task(engine.run())
    while clock.now() < NOON + WARM_UP + STEADY:
        floor.work(clock.now())
        if clock.now().second % 10 == 0:
            engine.demand("screen", replace(SCREENS[screen], visible_jobs=_newest(store, screen)))
        await clock.advance(SECOND)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return _outcome(server, floor, seen, time.perf_counter() - begin)


def _newest(store: Store, screen: str) -> tuple[str, ...]:
    """The rows of the newest 38 jobs, where jobs are on screen."""
    if SCREENS[screen].jobs is False:
        return ()
    jobs = [
        known for id in store.snapshot.jobs(AYX).records if (known := store.snapshot.job(AYX, id))
    ]
    jobs.sort(key=lambda one: one.queued_at or NOON, reverse=True)
    return tuple(one.id for one in jobs[:38])


def _outcome(server: FakeServer, floor: Floor, seen: dict[str, datetime], wall_s: float) -> Outcome:
    since = NOON + WARM_UP
    minutes: dict[int, int] = {}
    for at, name in server.requests:
        if at >= since:
            more = next((count for start, count in _MORE.items() if name.startswith(start)), 0)
            minute = int((at - since) / MINUTE)
            minutes[minute] = minutes.get(minute, 0) + 1 + more
    waits = sorted(
        (seen[id] - at).total_seconds() if id in seen else float("inf")
        for id, at in floor.failed_at.items()
        if since <= at <= since + STEADY - MINUTE
    )
    return Outcome(
        per_minute=sum(minutes.values()) / (STEADY / MINUTE),
        worst_minute=max(minutes.values(), default=0),
        p50_s=waits[len(waits) // 2] if waits else 0.0,
        p95_s=waits[int(len(waits) * 0.95)] if waits else 0.0,
        failures=len(waits),
        jobs=len(server.jobs_by_id),
        wall_s=wall_s,
    )


def main() -> None:
    """Print every way in which a server lists jobs, and what is on screen."""
    print(f"{WORKFLOWS} workflows, {SCHEDULES} schedules, {BUDGET}/min allowed, a virtual hour")
    for mode in ("all", "last", "named"):
        for screen in SCREENS:
            one = asyncio.run(simulate(mode, screen))
            late = f"{one.p50_s:4.1f} s, p95 {one.p95_s:4.1f} s of {one.failures}"
            print(
                f"{mode:>6} {screen:<10} {one.per_minute:6.1f} requests/min (worst"
                f" {one.worst_minute:>3}), {one.per_minute / BUDGET:4.2f} of the budget,"
                f" failure known p50 {late}; {one.jobs} jobs, {one.wall_s:.1f} s to simulate"
            )


if __name__ == "__main__":
    main()
