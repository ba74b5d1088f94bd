"""What a busy server with jobs costs, and how soon a failure is known: the loop under a fake clock.

Time passes second by second; jobs come and go, and outcomes are hidden in lists as on real servers.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from qsui.domain.states import RunState
from qsui.live.jobs.engine import Demands, JobEngine
from qsui.live.store import Store
from tests.live.fakes import HOUR, MINUTE, NOON, SECOND, FakeClock
from tests.live.job_fakes import AYX, FakeServer, job, schedule, workflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime, timedelta

    from qsui.domain.jobs import Job
    from qsui.live.store import Change

pytestmark = pytest.mark.anyio
ALLOWED = 300 + 20


class Plant:
    """A server on which jobs end and others take their place."""

    def __init__(self, mode: str, *, workflows: int, running: int) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(self.clock, mode=mode)
        self.server.hides_outcomes = mode == "all"
        self.server.put(*(workflow(f"w{i}") for i in range(workflows)))
        self.server.put(*(schedule(f"s{i}", of=f"w{i}") for i in range(workflows)))
        self.store = Store()
        self.engine = JobEngine(
            self.server,
            self.store,
            clock=self.clock,
            random=random.Random(1),  # noqa: S311  # jitter
        )
        self.random = random.Random(2)  # noqa: S311  # which job ends
        self.failed_at: dict[str, datetime] = {}
        self.lags: list[timedelta] = []
        self.started = 0
        self.idle = list(range(workflows))
        for _ in range(running):
            self.start()
        self.store.listen(self._on_change)

    def start(self) -> None:
        """Start a job of a workflow that has none."""
        self.started += 1
        number = self.idle.pop(self.random.randrange(len(self.idle)))
        self.server.put(job(f"j{self.started}", of=f"w{number}", queued=self.clock.now()))

    def turn_over(self) -> None:
        """Let a job end, one in three badly, and another one start."""
        active = [j for j in self.server.jobs_by_id.values() if j.state.is_active]
        one = self.random.choice(active)
        is_bad = self.random.random() < 0.34
        self.server.end(one.id, RunState.FAILED if is_bad else RunState.SUCCESS)
        if is_bad:
            self.failed_at[one.id] = self.clock.now()
        self.start()
        self.idle.append(int(one.workflow_id[1:]))

    def _on_change(self, change: Change) -> None:
        for ref in change.refs:
            known = change.snapshot.job(AYX, ref.id)
            if known and known.state is RunState.FAILED and ref.id in self.failed_at:
                self.lags.append(self.clock.now() - self.failed_at.pop(ref.id))

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.engine.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def work(self, minutes: int, *, end_every_s: int) -> None:
        for second in range(minutes * 60):
            if second % end_every_s == 0:
                self.turn_over()
            await self.clock.advance(SECOND)

    def most_in_a_minute(self) -> int:
        times = [at for at, _ in self.server.requests]
        return max(sum(at <= other < at + MINUTE for other in times) for at in times[::7])

    def per_minute(self, since: datetime) -> float:
        count = sum(at >= since for at, _ in self.server.requests)
        return count / ((self.clock.now() - since) / MINUTE)


@pytest.mark.parametrize("mode", ["all", "last"])
async def test_a_busy_server_stays_within_its_budget_and_failures_are_known_soon(
    mode: str,
) -> None:
    plant = Plant(mode, workflows=300, running=50)
    plant.engine.demand("list", Demands(schedules=True, jobs=True))
    async with plant.going():
        await plant.work(2, end_every_s=5)
        begun = plant.clock.now()
        await plant.work(8, end_every_s=5)
        rate = plant.per_minute(begun)
        await plant.clock.advance(20 * SECOND)
    print(f"{mode}: {rate:.0f} requests/min with 12 endings/min")  # noqa: T201  # the figure
    assert rate <= 60
    assert plant.most_in_a_minute() <= ALLOWED
    assert plant.server.most_in_flight <= plant.engine.options.in_flight
    assert not plant.failed_at
    assert max(plant.lags) <= 20 * SECOND


async def test_a_history_full_of_unknown_outcomes_does_not_break_the_budget() -> None:
    plant = Plant("all", workflows=700, running=5)
    old: list[Job] = [
        job(f"old{i}", RunState.FAILED, of=f"w{i % 700}", queued=NOON - i * MINUTE)
        for i in range(1200)
    ]
    plant.server.put(*old)
    async with plant.going():
        await plant.work(3, end_every_s=20)
    assert plant.most_in_a_minute() <= ALLOWED
    assert max(plant.lags) <= 20 * SECOND
    health = plant.store.snapshot.health[AYX.label]
    assert health.state == "live"
    assert health.requests_per_min == 300


async def test_what_happens_while_nobody_looks_costs_no_more() -> None:
    plant = Plant("all", workflows=50, running=10)
    plant.engine.focused = False
    open_one = next(iter(plant.server.jobs_by_id))
    plant.engine.demand("detail", Demands(jobs=True, job=open_one))
    async with plant.going():
        await plant.clock.advance(5 * MINUTE)
        before = plant.server.count(f"job:{open_one}")
        await plant.clock.advance(5 * MINUTE)
    assert 9 <= plant.server.count(f"job:{open_one}") - before <= 11


async def test_jobs_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qsui.live.jobs.job_reads.MOST_JOBS", 200)
    plant = Plant("all", workflows=10, running=5)
    plant.server.put(
        *(
            replace(job(f"old{i}", RunState.SUCCESS, queued=NOON - i * MINUTE), workflow_id="w1")
            for i in range(400)
        )
    )
    await plant.engine.poll_once()
    records = plant.store.snapshot.jobs(AYX).records
    assert len(records) <= 200
    assert "old0" in records
    assert "old399" not in records
    assert sum(1 for id in records if id.startswith("j")) == 5
    plant.clock.move(HOUR)
    await plant.engine.poll_once()
