"""What each kind of answer to a write means, and that none leads to a second request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    Conflict,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
    Unreachable,
)
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Pending, Stage
from qsui.domain.states import RunState, ScheduleState
from qsui.live.control import Control
from qsui.live.engine import Engine
from qsui.live.store import Store
from tests.live.desk import MemoryJournal, kinds
from tests.live.fakes import HOUR, NOON, SCOPE, FakeBackend, FakeClock, query, run, schedule

pytestmark = pytest.mark.anyio

A = schedule("a").ref
OFF = ScheduleState.DISABLED


class Fake:
    """A control on a server in memory whose clock leaps when somebody sleeps."""

    def __init__(self) -> None:
        clock = FakeClock(is_leaping=True)
        self.backend = FakeBackend(clock, [schedule("a")])
        self.store = Store()
        self.engine = Engine(self.backend, self.store, clock=clock)
        self.journal = MemoryJournal()
        self.control = Control(
            self.engine, self.store, self.backend, self.journal, clock, production=False
        )

    async def act(self, action: Action) -> Pending:
        plan = await self.control.prepare([action])
        assert plan.to_send, plan.targets[0].refusal
        (pending,) = await self.control.perform(plan)
        return pending

    async def finish(self, pending: Pending) -> Pending:
        (last,) = await self.control.follow(pending.id)
        return last

    def fail(self, what: str, error: ApiError) -> None:
        self.backend.failures[f"send:{what}"] = error


@pytest.mark.parametrize(
    ("error", "stage", "code"),
    [
        (OutcomeUnknown("lost"), Stage.UNKNOWN, 5),
        (ServerError("ill", status=502), Stage.UNKNOWN, 5),
        (BadResponse("a page", status=200), Stage.UNKNOWN, 5),
        (Unreachable("nobody"), Stage.NOT_SENT, 3),
        (Unauthorized("who", status=401), Stage.REFUSED, 4),
        (Forbidden("no", status=403), Stage.REFUSED, 4),
        (Rejected("bad", status=400, detail="Malformed"), Stage.REFUSED, 1),
        (Conflict("late", status=409), Stage.REFUSED, 1),
        (NotFound("gone", status=404), Stage.REFUSED, 1),
        (RateLimited("slow down", retry_after_s=1), Stage.REFUSED, 1),
    ],
)
@pytest.mark.parametrize("verb", [Verb.TRIGGER, Verb.DISABLE])
async def test_every_error_of_a_write(verb: Verb, error: ApiError, stage: Stage, code: int) -> None:
    it = Fake()
    it.fail(f"{verb} a", error)
    pending = await it.act(Action(verb, A, "a"))
    assert (pending.stage, pending.exit_code) == (stage, code)
    assert it.backend.sent == [f"{verb} a"]
    assert kinds(it.journal.entries) == ["intent", f"outcome {stage.value}"]
    assert pending.words


async def test_the_servers_own_words_are_told() -> None:
    it = Fake()
    it.fail("trigger a", Rejected("refused", status=400, detail="Malformed"))
    assert (await it.act(Action(Verb.TRIGGER, A, "a"))).words == "Malformed"


@pytest.mark.parametrize(
    ("verb", "state", "words"),
    [
        (Verb.DISABLE, OFF, "it was off already (400)"),
        (Verb.ENABLE, ScheduleState.ENABLED, "it was on already (400)"),
    ],
)
async def test_what_was_so_already_is_done(verb: Verb, state: ScheduleState, words: str) -> None:
    it = Fake()
    it.backend.put(schedule("a", state=OFF if verb is Verb.ENABLE else ScheduleState.ENABLED))
    it.backend.on_send = lambda _what: it.backend.put(schedule("a", state=state))
    it.fail(f"{verb} a", Rejected("already so", status=400))
    pending = await it.act(Action(verb, A, "a"))
    assert (pending.stage, pending.words, pending.exit_code) == (Stage.DONE, words, 0)
    assert kinds(it.journal.entries) == ["intent", "effect done"]


async def test_a_cancel_of_what_had_ended_is_done() -> None:
    it = Fake()
    it.backend.put(query("q"))
    it.backend.on_send = lambda _what: it.backend.put(query("q", RunState.SUCCESS))
    it.fail("cancel q", Conflict("already terminated", status=409))
    pending = await it.act(Action(Verb.CANCEL, query("q").ref, "q"))
    assert pending.stage is Stage.DONE
    assert pending.words == "it had ended before the cancel came (409)"


async def test_a_delete_of_what_is_gone_is_done() -> None:
    it = Fake()
    it.backend.put(schedule("a", state=OFF))
    it.backend.on_send = lambda _what: it.backend.schedules_by_id.clear()
    it.fail("delete a", NotFound("gone", status=404))
    assert (await it.act(Action(Verb.DELETE, A, "a"))).words == "it was gone already (404)"


async def test_a_schedule_that_somebody_turned_off_first_is_deleted_all_the_same() -> None:
    it = Fake()
    it.fail("disable a", Rejected("already DISABLED", status=400))

    def change(what: str) -> None:
        if what == "disable a":
            it.backend.put(schedule("a", state=OFF))
        else:
            it.backend.schedules_by_id.clear()

    it.backend.on_send = change
    done = await it.finish(await it.act(Action(Verb.DELETE, A, "a")))
    assert done.stage is Stage.DONE
    assert it.backend.sent == ["disable a", "delete a"]


async def test_a_delete_that_is_refused_after_the_schedule_went_off_says_both() -> None:
    it = Fake()
    it.backend.on_send = lambda _what: it.backend.put(schedule("a", state=OFF))
    it.fail("delete a", Forbidden("no", status=403, detail="not yours"))
    last = await it.finish(await it.act(Action(Verb.DELETE, A, "a")))
    assert (last.stage, last.exit_code) == (Stage.REFUSED, 4)
    assert last.words == "it is off, the delete was refused: not yours"
    assert it.backend.sent == ["disable a", "delete a"]


async def test_a_schedule_that_is_turned_on_while_a_delete_waits_is_not_deleted() -> None:
    it = Fake()
    it.backend.put(run("a", NOON - HOUR, RunState.RUNNING))
    it.backend.on_send = lambda _what: it.backend.put(schedule("a", state=OFF))
    sent = await it.act(Action(Verb.DELETE, A, "a"))
    await it.engine._clock.sleep(2)
    assert await it.control.look_once()
    assert it.store.snapshot.pending[sent.id].step == "wait"
    it.backend.put(schedule("a"))
    last = await it.finish(sent)
    assert last.stage is Stage.REFUSED
    assert last.words == "somebody turned it on again: the delete was not sent"
    assert it.backend.sent == ["disable a"]


async def test_both_parts_of_a_delete_may_lose_their_answers() -> None:
    it = Fake()

    def change(what: str) -> None:
        if what == "disable a":
            it.backend.put(schedule("a", state=OFF))
        else:
            it.backend.schedules_by_id.clear()

    it.backend.on_send = change
    it.fail("disable a", OutcomeUnknown("lost"))
    it.fail("delete a", OutcomeUnknown("lost"))
    sent = await it.act(Action(Verb.DELETE, A, "a"))
    assert sent.stage is Stage.UNKNOWN
    done = await it.finish(sent)
    assert done.stage is Stage.DONE
    assert it.backend.sent == ["disable a", "delete a"]


async def test_a_run_that_waits_for_another_one_is_said_to() -> None:
    it = Fake()
    it.backend.put(run("a", NOON - HOUR, RunState.RUNNING))
    last = await it.finish(await it.act(Action(Verb.TRIGGER, A, "a")))
    assert last.stage is Stage.NO_EFFECT
    assert last.words == (
        "accepted, and no run was seen after 5 min: another run goes on, it may wait for that"
    )


async def test_a_run_of_unknown_origin_is_not_taken() -> None:
    it = Fake()
    stray = replace(run("a", NOON + HOUR), is_manual=None, decoded_id="")
    it.backend.on_send = lambda _what: it.backend.put(stray)
    last = await it.finish(await it.act(Action(Verb.TRIGGER, A, "a")))
    assert last.stage is Stage.NO_EFFECT


async def test_what_the_server_cannot_do_is_refused() -> None:
    it = Fake()
    it.backend.not_offered[Verb.CREATE, Kind.SCHEDULE] = "schedules cannot be created"
    assert it.control.can_create(Kind.SCHEDULE) == "schedules cannot be created"
    assert it.control.can_create(Kind.QUERY) == ""
    ref = Ref(SCOPE.profile, SCOPE.sandbox, Kind.SCHEDULE, "", "")
    plan = await it.control.prepare([Action(Verb.CREATE, ref, "x")])
    assert plan.targets[0].refusal == "schedules cannot be created"
