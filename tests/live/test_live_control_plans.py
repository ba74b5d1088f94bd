"""What a plan says before anything is sent: refusals, warnings, what is written, production."""

from __future__ import annotations

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.drafts import QueryDraft
from qsui.domain.errors import Forbidden, Unreachable
from qsui.domain.models import Kind, Ref, Sandbox
from qsui.domain.states import ScheduleState
from qsui.live.production import Production
from tests.live.desk import LONG, OFF, ONE, TWO, desk
from tests.live.fakes import SCOPE, FakeBackend, FakeClock

pytestmark = pytest.mark.anyio


async def test_a_plan_names_state_requests_writes_and_what_goes_on() -> None:
    async with desk() as it:
        await it.running()
        plan = await it.plan(it.action(Verb.TRIGGER, LONG))
        (target,) = plan.targets
        assert target.record == await it.engine.read_schedule(it.id_of(LONG))
        assert target.read_at == it.clock.now()
        assert [(out.method, out.path) for out in target.outgoing] == [
            ("POST", f"/data/foundation/query/schedules/{it.id_of(LONG)}/runs")
        ]
        assert target.running == 1
        assert target.writes == ("long_out",)
        assert target.warnings == (
            "a run of it is going already",
            "the new run waits until that ends",
            "a second run adds the same rows again",
        )
        assert plan.where == "acme/prod"
        assert plan.undo == "cancel the new run (u) while it runs"
        assert plan.done == "when a new run is seen, not when the API says 202"
        assert it.writes() == []


async def test_the_refused_are_left_out_with_the_reason_and_the_others_go() -> None:
    async with desk() as it:
        plan = await it.plan(*(it.action(Verb.TRIGGER, name) for name in (ONE, OFF, TWO)))
        assert [target.refusal for target in plan.targets] == [
            "",
            "it is off, the API would refuse",
            "",
        ]
        assert plan.undo == "cancel the new runs (u) while they run"
        sent = await it.control.perform(plan)
        assert [pending.action.name for pending in sent] == [ONE, TWO]


async def test_what_is_gone_or_cannot_be_read_is_left_out() -> None:
    async with desk() as it:
        ref = Ref(it.scope.profile, it.scope.sandbox, Kind.SCHEDULE, "", "no-such-schedule")
        target = await it.target(Action(Verb.DISABLE, ref, "ghost"))
        assert (target.refusal, target.error_code) == ("it is gone", 1)
        it.emulator.fault("server-errors", 500, path=it.id_of(ONE))
        target = await it.target(it.action(Verb.DISABLE))
        assert target.refusal.startswith("it could not be read: ")
        assert target.outgoing == ()


async def test_many_schedules_are_read_with_one_list() -> None:
    async with desk() as it:
        it.network.seen.clear()
        actions = [it.action(Verb.DISABLE, name) for name in (ONE, TWO, OFF, LONG)]
        plan = await it.plan(*actions)
        assert len(plan.to_send) == 3
        assert [r.url.path for r in it.network.seen if "token" not in r.url.path] == [
            "/data/foundation/query/schedules"
        ]


async def test_the_same_cadence_again_is_refused() -> None:
    async with desk() as it:
        target = await it.target(it.action(Verb.SET_CRON, cron="0  * * * *"))
        assert target.refusal == "it has that cadence already"


async def test_a_draft_with_faults_is_refused_with_them() -> None:
    async with desk() as it:
        ref = Ref(it.scope.profile, it.scope.sandbox, Kind.QUERY, "", "")
        target = await it.target(Action(Verb.CREATE, ref, "x", draft=QueryDraft()))
        assert target.refusal == "Give the SQL, or choose a template."
        target = await it.target(Action(Verb.CREATE, ref, "x"))
        assert target.refusal == "there is nothing to create"


async def test_a_schedule_past_its_end_is_warned_of() -> None:
    async with desk() as it:
        us = int(it.clock.now().timestamp() - 3600) * 1_000_000
        it.emulator.world.store.update("schedules", {"id": it.id_of(OFF)}, end_us=us)
        target = await it.target(it.action(Verb.ENABLE, OFF))
        assert target.warnings == ("its end, 2026-01-14 11:00Z, is past: it fires no more",)


async def test_a_state_that_is_not_known_refuses_nothing_and_is_said() -> None:
    async with desk() as it:
        it.emulator.world.store.update("schedules", {"id": it.id_of(OFF)}, state="DOZING")
        target = await it.target(it.action(Verb.ENABLE, OFF))
        assert target.record is not None
        assert target.record.state is ScheduleState.UNKNOWN  # type: ignore[union-attr]  # one
        assert target.refusal == ""
        assert target.warnings == ("its state 'DOZING' is not known here: the API decides",)


@pytest.mark.parametrize(
    ("said", "listed", "expected"),
    [
        (True, (), True),
        (False, (Sandbox("main", is_production=True),), False),
        (None, (Sandbox("main", is_production=True),), True),
        (None, (Sandbox("main", is_production=False),), False),
        (None, (Sandbox("main", is_production=None),), True),
        (None, (Sandbox("other", is_production=False),), True),
        (None, Forbidden("no", status=403), True),
        (None, Unreachable("no"), True),
    ],
)
async def test_what_cannot_be_told_counts_as_production(
    said: bool | None, listed: tuple[Sandbox, ...] | Exception, expected: bool
) -> None:
    class Listing(FakeBackend):
        async def sandboxes(self) -> tuple[Sandbox, ...]:
            self.requests.append((self.clock.now(), "sandboxes"))
            if isinstance(listed, Exception):
                raise listed
            return listed

    backend = Listing(FakeClock())
    production = Production(backend, SCOPE, said)
    assert await production.ask() is expected
    assert await production.ask() is expected
    assert backend.count("sandboxes") <= (2 if isinstance(listed, Unreachable) else 1)
