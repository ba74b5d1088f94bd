"""Following while the server is away, and resting when nothing is open."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.errors import Forbidden, ServerError, Unreachable
from qsui.domain.pending import Pending, Stage
from qsui.domain.states import ScheduleState
from qsui.live.control import Control
from qsui.live.engine import Engine
from qsui.live.store import Store
from tests.live.fakes import FakeBackend, FakeClock, schedule

pytestmark = pytest.mark.anyio


class Fake:
    """A control on a server in memory that has one schedule, `a`, which is on."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.backend = FakeBackend(clock, [schedule("a")])
        self.store = Store()
        self.engine = Engine(self.backend, self.store, clock=clock)
        self.control = Control(self.engine, self.store, self.backend, None, clock, production=False)

    async def turn_off(self) -> Pending:
        ref = self.backend.schedules_by_id["a"].ref
        plan = await self.control.prepare([Action(Verb.DISABLE, ref, "a")])
        (sent,) = await self.control.perform(plan)
        return sent

    def take_effect(self, _what: str = "") -> None:
        self.backend.put(schedule("a", state=ScheduleState.DISABLED))


async def test_a_server_that_is_away_concludes_nothing_until_it_is_back() -> None:
    it = Fake(FakeClock(is_leaping=True))
    sent = await it.turn_off()
    it.backend.failures["schedule:a"] = Unreachable("nobody there")
    for _ in range(400):
        await it.control.look_once()
        await it.clock.sleep(2)
    assert it.store.snapshot.pending[sent.id].stage is Stage.SENT
    it.backend.failures.clear()
    it.take_effect()
    await it.clock.sleep(10)
    await it.control.look_once()
    assert it.store.snapshot.pending[sent.id].stage is Stage.DONE


async def test_waiting_for_a_server_that_stays_away_ends_as_unknown() -> None:
    it = Fake(FakeClock(is_leaping=True))
    sent = await it.turn_off()
    it.backend.failures["schedule:a"] = ServerError("it is ill", status=500)
    (last,) = await it.control.follow(sent.id)
    assert (last.stage, last.exit_code) == (Stage.UNKNOWN, 5)
    assert "cannot be looked for" in last.words
    assert it.backend.sent == ["disable a"]


async def test_following_in_the_background_forgets_nothing_and_rests_when_all_is_done() -> None:
    it = Fake(FakeClock())
    it.backend.on_send = it.take_effect
    sent = await it.turn_off()
    task = asyncio.ensure_future(it.control.run())
    await it.clock.advance(timedelta(seconds=2))
    assert it.store.snapshot.pending[sent.id].stage is Stage.DONE
    asked = len(it.backend.requests)
    await it.clock.advance(timedelta(hours=1))
    assert it.store.snapshot.pending == {}
    assert len(it.backend.requests) == asked
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_login_that_ended_is_not_waited_for() -> None:
    it = Fake(FakeClock(is_leaping=True))
    sent = await it.turn_off()
    it.backend.failures["schedule:a"] = Forbidden("not allowed", status=403)
    (last,) = await it.control.follow(sent.id)
    assert last.stage is Stage.UNKNOWN
    assert it.backend.count("schedule:a") == 3


async def test_a_caller_that_goes_away_does_not_stop_what_has_begun() -> None:
    it = Fake(FakeClock())
    ref = it.backend.schedules_by_id["a"].ref
    plan = await it.control.prepare([Action(Verb.DISABLE, ref, "a")])
    it.backend.gate = asyncio.Event()
    task = asyncio.ensure_future(it.control.perform(plan))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    it.backend.gate.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert it.backend.sent == ["disable a"]
    (pending,) = it.store.snapshot.pending.values()
    assert pending.stage is Stage.SENT
