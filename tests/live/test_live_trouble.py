"""What goes wrong is said, waited out, and never ends the engine."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import pytest

from qsui.domain.errors import (
    ApiError,
    BadResponse,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
    Unreachable,
)
from qsui.domain.models import Kind
from qsui.live.backoff import Backoff, kind_of
from qsui.live.engine import Demands, Engine
from qsui.live.reading import Priority, Read, ReadKind
from qsui.live.store import Health, Store
from tests.live.fakes import (
    HOUR,
    MINUTE,
    NOON,
    SCOPE,
    SECOND,
    FakeBackend,
    FakeClock,
    run,
    schedule,
    settle,
)

pytestmark = pytest.mark.anyio

CHANGES = Read(ReadKind.CHANGES, Priority.CHANGES, NOON)
RUNS = Read(ReadKind.RUNS, Priority.SWEEP, NOON, "a")


class World:
    def __init__(self, *ids: str) -> None:
        self.clock = FakeClock()
        self.server = FakeBackend(self.clock, [schedule(id) for id in ids])
        self.store = Store()
        random = Random(1)  # noqa: S311  # jitter
        self.engine = Engine(self.server, self.store, clock=self.clock, random=random)

    def health(self) -> Health:
        return self.store.snapshot.health[SCOPE.label]

    async def poll(self, after_s: float = 0) -> tuple[str, ...]:
        self.clock.move(after_s * SECOND)
        return await self.engine.poll_once()


def backoff() -> Backoff:
    return Backoff(Random(1))  # noqa: S311  # jitter


def test_waits_grow_with_jitter_up_to_a_minute() -> None:
    memory, waits = backoff(), []
    for _ in range(8):
        trouble = memory.failed(CHANGES, Unreachable("away"), NOON)
        assert trouble.next_try_at
        waits.append((trouble.next_try_at - NOON).total_seconds())
    assert 4 <= waits[0] <= 6
    assert 8 <= waits[1] <= 12
    assert all(48 <= wait <= 72 for wait in waits[5:])
    assert len(set(waits)) == len(waits)
    assert (trouble.tries, trouble.since) == (8, NOON)


def test_retry_after_is_obeyed_for_everything() -> None:
    memory = backoff()
    memory.failed(CHANGES, RateLimited("slow down", retry_after_s=42), NOON)
    assert memory.ready_at(RUNS) == NOON + 42 * SECOND
    assert memory.is_paused(NOON + 41 * SECOND)
    assert not memory.is_paused(NOON + 42 * SECOND)


def test_a_pause_without_a_length_grows() -> None:
    memory = backoff()
    first = memory.failed(CHANGES, RateLimited("slow down"), NOON).next_try_at
    second = memory.failed(CHANGES, RateLimited("slow down"), NOON).next_try_at
    assert first is not None
    assert second is not None
    assert first >= NOON + 12 * SECOND
    assert second > first


def test_trouble_with_one_record_leaves_its_list_alone_until_it_repeats() -> None:
    memory = backoff()
    other = Read(ReadKind.RUNS, Priority.SWEEP, NOON, "b")
    memory.failed(RUNS, ServerError("500", status=500), NOON)
    assert memory.ready_at(other) is None
    assert memory.ready_at(RUNS) is not None
    for id in "cd":
        read = Read(ReadKind.RUNS, Priority.SWEEP, NOON, id)
        memory.failed(read, ServerError("500", status=500), NOON)
    assert memory.ready_at(other) is not None
    memory.succeeded(other)
    assert memory.ready_at(other) is None


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (Unreachable("x"), "unreachable"),
        (Unauthorized("x"), "refused"),
        (Forbidden("x"), "forbidden"),
        (NotFound("x"), "not_found"),
        (RateLimited("x"), "throttled"),
        (ServerError("x"), "server_error"),
        (BadResponse("x"), "bad_response"),
        (Rejected("x"), "rejected"),
    ],
)
def test_every_error_has_its_word(error: ApiError, word: str) -> None:
    assert kind_of(error) == word


async def test_a_scope_starts_as_starting_and_becomes_live() -> None:
    world = World("a")
    assert world.health().state == "starting"
    await world.poll()
    assert world.health().state == "live"
    assert world.health().last_success_at == NOON


async def test_an_unreachable_server_leaves_the_rows_and_is_tried_again_later() -> None:
    world = World("a")
    await world.poll()
    world.server.failures[""] = Unreachable("No answer.")
    await world.poll(10)
    assert world.health().state == "offline"
    assert world.health().failing_since == NOON + 10 * SECOND
    trouble = world.health().trouble
    assert trouble
    assert trouble.message == "No answer."
    assert world.store.snapshot.schedule(SCOPE, "a")
    assert world.store.snapshot.queries(SCOPE).trouble
    asked = len(world.server.requests)
    assert await world.poll(1) == ()
    assert len(world.server.requests) == asked
    world.server.failures.clear()
    await world.poll(120)
    assert world.health().state == "live"
    assert world.health().failing_since is None
    assert world.health().trouble is None
    assert world.store.snapshot.queries(SCOPE).trouble is None


async def test_a_refused_token_stops_the_profile_until_someone_asks_again() -> None:
    world = World("a")
    world.server.failures[""] = Unauthorized("The token was refused.", status=401)
    await world.poll()
    assert world.health().state == "refused"
    trouble = world.health().trouble
    assert trouble
    assert trouble.next_try_at is None
    asked = len(world.server.requests)
    for _ in range(5):
        assert await world.poll(600) == ()
    assert len(world.server.requests) == asked
    world.server.failures.clear()
    world.engine.refresh()
    await world.poll()
    assert world.health().state == "live"


async def test_a_forbidden_list_leaves_the_others_alive() -> None:
    world = World("a")
    world.server.put(run("a", NOON - HOUR))
    world.server.failures["queries"] = Forbidden("No permission.", status=403)
    await world.poll()
    assert world.health().state == "live"
    assert world.health().trouble
    trouble = world.store.snapshot.queries(SCOPE).trouble
    assert trouble
    assert trouble.kind == "forbidden"
    assert world.store.snapshot.schedules(SCOPE).trouble is None
    assert world.store.snapshot.runs(SCOPE, "a").records
    assert "changes" not in await world.poll(60)


async def test_a_throttled_scope_waits_as_long_as_asked_and_says_so() -> None:
    world = World("a")
    await world.poll()
    world.server.failures[""] = RateLimited("Too many.", retry_after_s=90)
    await world.poll(10)
    assert world.health().state == "throttled"
    world.server.failures.clear()
    world.engine.refresh(everything=True)
    assert await world.poll(89) == ()
    assert await world.poll(2)
    assert world.health().state == "live"


@pytest.mark.parametrize("error", [ServerError("500", status=500), BadResponse("HTML", status=200)])
async def test_a_list_that_cannot_be_read_makes_the_scope_stale(error: ApiError) -> None:
    world = World("a")
    await world.poll()
    world.server.failures["queries"] = error
    await world.poll(10)
    assert world.health().state == "stale"
    world.server.failures.clear()
    await world.poll(10)
    assert world.health().state == "live"


async def test_a_scope_that_was_not_read_for_long_is_stale() -> None:
    world = World("a")
    await world.poll()
    world.clock.move(10 * MINUTE)
    world.engine._tell_health()
    assert world.health().state == "stale"


async def test_one_schedule_that_always_fails_does_not_hold_up_the_sweep() -> None:
    world = World("a", "b", "c")
    world.server.failures["runs:a"] = ServerError("500", status=500)
    await world.poll()
    assert world.store.snapshot.runs(SCOPE, "a").trouble
    assert world.store.snapshot.runs(SCOPE, "c").read_at == NOON
    assert world.health().state == "live"


async def test_a_query_that_is_gone_is_not_asked_for_again() -> None:
    world = World("a")
    world.engine.demand("detail", Demands(query="q"))
    assert "query:q" in await world.poll()
    for _ in range(5):
        assert "query:q" not in await world.poll(30)


async def test_a_user_read_hears_the_error_and_it_counts_as_trouble() -> None:
    world = World("a")
    world.server.failures["run:"] = Unreachable("No answer.")
    with pytest.raises(Unreachable):
        await world.engine.read_run("a", "r1")
    assert world.health().state == "offline"


async def test_a_user_read_waits_for_a_pause_that_the_server_asked_for() -> None:
    world = World("a")
    world.server.put(run("a", NOON - HOUR))
    world.server.failures["queries"] = RateLimited("Too many.", retry_after_s=30)
    await world.poll()
    reading = asyncio.create_task(world.engine.read_runs("a"))
    asked = len(world.server.requests)
    await world.clock.advance(29 * SECOND)
    assert len(world.server.requests) == asked
    await world.clock.advance(2 * SECOND)
    assert len(await reading) == 1


async def test_the_engine_goes_on_through_an_outage() -> None:
    world = World("a", "b")
    task = asyncio.create_task(world.engine.run())
    await settle()
    world.server.failures[""] = Unreachable("No answer.")
    await world.clock.advance(10 * MINUTE)
    assert not task.done()
    assert world.health().state == "offline"
    tried = sum(at > NOON + 5 * MINUTE for at, _ in world.server.requests)
    assert tried < 40
    world.server.failures.clear()
    await world.clock.advance(2 * MINUTE)
    assert world.health().state == "live"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_bad_rows_are_counted() -> None:
    world = World("a")
    world.engine._known.bad_records = 3
    await world.poll()
    assert world.health().bad_records == 3


async def test_the_token_and_the_budget_are_in_the_health() -> None:
    world = World("a")
    await world.poll()
    assert world.health().requests_per_min == 60
    assert world.health().requests_last_min == len(world.server.requests)
    assert world.health().poll_interval_s == 10
    assert world.health().server_offset == timedelta()


async def test_a_schedule_list_that_fails_halfway_keeps_what_was_known() -> None:
    world = World(*(f"s{n:03}" for n in range(150)))
    await world.poll()
    world.server.failures["schedules:100"] = BadResponse("HTML", status=200)
    await world.poll(601)
    assert len(world.store.snapshot.partition(SCOPE, Kind.SCHEDULE).records) == 150
