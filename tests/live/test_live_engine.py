"""The engine reads what matters next, learns runs from queries, and explains failures."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from qsui.domain.errors import NotFound
from qsui.domain.models import QueryError, Run
from qsui.domain.ports import ErrorFound
from qsui.domain.states import RunState, ScheduleState
from qsui.live.engine import Demands, Engine, PollOptions
from qsui.live.store import Store
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
    settle,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.anyio
SLOT = NOON - HOUR


class World:
    """A clock, a server, a store and an engine on them."""

    def __init__(self, *ids: str, options: PollOptions | None = None) -> None:
        self.clock = FakeClock()
        self.server = FakeBackend(self.clock, [schedule(id) for id in ids])
        self.store = Store()
        self.engine = Engine(
            self.server,
            self.store,
            clock=self.clock,
            options=options,
            random=Random(1),  # noqa: S311  # jitter
        )

    def run(self, slot_run: Run) -> Run | None:
        return self.store.snapshot.run(SCOPE, slot_run.schedule_id, slot_run.id)

    async def poll(self, after_s: float = 0) -> tuple[str, ...]:
        self.clock.move(after_s * SECOND)
        return await self.engine.poll_once()


@asynccontextmanager
async def running(world: World) -> AsyncIterator[None]:
    task = asyncio.create_task(world.engine.run())
    try:
        await settle()
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_schedules_are_asked_for_before_anything_else() -> None:
    world = World("a", "b")
    names = await world.poll()
    assert names[0] == "schedules"
    assert world.server.names()[0] == "schedules:0"
    assert set(world.store.snapshot.schedules(SCOPE).records) == {"a", "b"}
    assert world.store.snapshot.schedules(SCOPE).is_complete


async def test_strips_on_screen_are_read_before_the_sweep_reads_others() -> None:
    world = World(*"abcdef")
    world.engine.demand("list", Demands(visible_schedules=("e", "c")))
    names = await world.poll()
    assert [n for n in names if n.startswith("runs:")] == [
        "runs:e", "runs:c", "runs:a", "runs:b", "runs:d", "runs:f",
    ]  # fmt: skip


async def test_nothing_is_read_again_before_its_interval_is_over() -> None:
    world = World("a")
    await world.poll()
    assert await world.poll(5) == ()
    assert await world.poll(5) == ("changes",)
    assert "recent schedules" in await world.poll(51)


async def test_all_schedules_are_read_again_after_ten_minutes_and_the_missing_are_gone() -> None:
    world = World("a", "b")
    world.server.put(run("b", SLOT))
    await world.poll()
    del world.server.schedules_by_id["b"]
    await world.poll(300)
    assert world.store.snapshot.schedule(SCOPE, "b")
    assert "schedules" in await world.poll(301)
    assert world.store.snapshot.schedule(SCOPE, "b") is None
    assert not world.store.snapshot.runs(SCOPE, "b").records
    assert world.store.snapshot.health[SCOPE.label].to_sweep == 1


async def test_pages_that_did_not_change_keep_their_schedules() -> None:
    world = World()
    world.server.put(*(schedule(f"s{n:03}", "0 0 1 1 *") for n in range(150)))
    await world.poll()
    world.server.unchanged_pages = {"schedules:0"}
    del world.server.schedules_by_id["s140"]
    await world.poll(601)
    known = world.store.snapshot.schedules(SCOPE).records
    assert len(known) == 149
    assert "s140" not in known


async def test_recent_schedules_stop_at_the_first_page_with_nothing_new() -> None:
    world = World(*(f"s{n:03}" for n in range(250)))
    await world.poll()
    changed = replace(schedule("s200"), name="new name", updated_at=NOON)
    world.server.put(changed)
    await world.poll(61)
    assert world.store.snapshot.schedule(SCOPE, "s200") == changed
    assert [n for n in world.server.names() if n.startswith("recent")] == ["recent:0", "recent:100"]


async def test_a_query_row_alone_sets_the_state_of_its_run() -> None:
    world = World("a")
    await world.poll()
    due = run("a", SLOT, RunState.RUNNING)
    world.server.put(query("q", of=due, updated=NOON + SECOND))
    assert await world.poll(10) == ("changes",)
    seen = world.run(due)
    assert seen is not None
    assert (seen.state, seen.from_query) == (RunState.RUNNING, True)


async def test_a_failed_run_is_read_once_with_its_tasks() -> None:
    world = World("a")
    await world.poll()
    failed = run("a", SLOT, RunState.FAILED)
    world.server.put(failed, query("q", RunState.FAILED, of=failed, error="boom"))
    assert await world.poll(10) == ("changes", f"failure:a/{failed.id}")
    seen = world.run(failed)
    assert seen is not None
    assert seen.error == QueryError("58000", "USER_ERROR", "boom")
    assert seen.tasks == failed.tasks
    assert world.server.count("error:") == 0
    await world.poll(60)
    assert world.server.count(f"run:a/{failed.id}") == 1


async def test_an_error_that_no_query_told_is_looked_for_by_the_join() -> None:
    world = World("a")
    failed = run("a", SLOT, RunState.FAILED)
    world.server.put(failed)
    error = QueryError("42601", "USER_ERROR", "syntax")
    world.server.errors["a", failed.id] = ErrorFound(error, query("q"), is_likely=True)
    await world.poll()
    seen = world.run(failed)
    assert seen is not None
    assert (seen.error, seen.error_is_likely, seen.query_id) == (error, True, "q")
    assert world.store.snapshot.query(SCOPE, "q")
    assert world.server.count("error:") == 1


async def test_a_join_that_finds_nothing_is_tried_a_few_times_only() -> None:
    world = World("a")
    world.server.put(run("a", SLOT, RunState.FAILED))
    for _ in range(10):
        await world.poll(120)
    assert world.server.count("error:") == 3


async def test_only_the_newest_failure_of_a_schedule_is_explained_unasked() -> None:
    world = World("a")
    world.server.put(*(run("a", SLOT - n * HOUR, RunState.FAILED) for n in range(9)))
    names = await world.poll()
    assert [n for n in names if n.startswith("failure")] == [f"failure:a/{run('a', SLOT).id}"]


async def test_an_open_run_is_read_every_ten_seconds_and_once_more_at_its_end() -> None:
    world = World("a")
    active = run("a", SLOT, RunState.RUNNING)
    world.server.put(active, query("q", of=active))
    world.engine.demand("detail", Demands(run=("a", active.id)))
    await world.poll()
    name = f"run:a/{active.id}"
    assert name in await world.poll(10)
    over = run("a", SLOT)
    world.server.put(over, query("q", RunState.SUCCESS, of=active, updated=world.clock.now()))
    await world.poll(10)
    seen = world.run(active)
    assert seen is not None
    assert seen.tasks == over.tasks
    done = world.server.count(name)
    await world.poll(60)
    assert world.server.count(name) == done


async def test_an_open_run_whose_queries_are_over_is_read_now_and_then() -> None:
    world = World("a")
    active = run("a", SLOT, RunState.RUNNING)
    world.server.put(active)
    await world.poll()
    world.server.put(run("a", SLOT))
    await world.poll(61)
    seen = world.run(active)
    assert seen is not None
    assert seen.state is RunState.SUCCESS


async def test_runs_of_one_schedule_on_screen_are_read_every_fifteen_seconds() -> None:
    world = World("a", "b")
    world.engine.demand("runs", Demands(runs_of="a"))
    await world.poll()
    assert await world.poll(14) == ("changes",)
    assert "runs:a" in await world.poll(1)
    world.engine.demand("runs", None)
    assert "runs:a" not in await world.poll(16)


async def test_blur_triples_the_wait_of_what_is_visible_and_not_of_the_change_poll() -> None:
    world = World("a")
    world.engine.demand("runs", Demands(runs_of="a"))
    await world.poll()
    world.engine.focused = False
    assert await world.poll(16) == ("changes",)
    assert "runs:a" in await world.poll(30)


async def test_a_refresh_reads_what_is_visible_now() -> None:
    world = World("a")
    world.engine.demand("runs", Demands(runs_of="a"))
    await world.poll()
    world.clock.move(SECOND)
    world.engine.refresh()
    assert set(await world.poll()) == {"recent schedules", "changes", "runs:a"}
    assert await world.poll(1) == ()
    world.engine.refresh(everything=True)
    assert "schedules" in await world.poll()


async def test_a_due_slot_without_a_run_is_looked_for_and_once_more_when_missed() -> None:
    world = World("a", options=PollOptions(sweep_least_s=1e6))
    for n in range(1, 9):
        known = run("a", NOON - n * HOUR)
        start = NOON - (n - 1) * HOUR + MINUTE
        world.server.put(known, query(f"q{n}", of=known, created=start, updated=start + MINUTE))
    await world.poll()
    assert "runs:a" not in await world.poll(3600 + 60)
    assert "runs:a" in await world.poll(61)
    assert "runs:a" not in await world.poll(600)
    assert "runs:a" not in await world.poll(1020)
    assert "runs:a" in await world.poll(60)
    assert "runs:a" not in await world.poll(1500)


async def test_a_due_schedule_that_was_never_read_goes_before_the_sweep() -> None:
    world = World()
    world.server.put(*(schedule(f"s{n:02}", "0 0 1 1 *") for n in range(60)), schedule("z"))
    await world.poll()
    assert world.server.count("runs:z") == 0
    names = [name for name in await world.poll(3600 + 180) if name.startswith("runs:")]
    assert len(names) > 1
    assert names[0] == "runs:z"


async def test_every_due_run_of_a_schedule_is_looked_for() -> None:
    options = PollOptions(sweep_least_s=1e6, schedules_full_s=1e6)
    world = World("a", options=options)
    world.server.put(*(run("a", NOON - n * HOUR) for n in range(1, 9)))
    await world.poll()
    world.server.put(run("a", NOON))
    assert "runs:a" in await world.poll(3600 + 180)
    assert "runs:a" not in await world.poll(3480)
    assert "runs:a" in await world.poll(120)


async def test_an_edited_schedule_is_looked_for_by_its_new_expression() -> None:
    world = World("a", options=PollOptions(sweep_least_s=1e6))
    world.server.put(*(run("a", NOON - n * HOUR) for n in range(1, 9)))
    await world.poll()
    edited = schedule("a", "*/10 * * * *")
    world.server.put(replace(edited, updated_at=NOON + MINUTE))
    assert "recent schedules" in await world.poll(120)
    assert "runs:a" not in await world.poll(480)
    assert "runs:a" in await world.poll(180)


async def test_a_due_slot_whose_query_was_seen_is_not_looked_for() -> None:
    world = World(*(f"s{n}" for n in range(5)))
    await world.poll()
    before = world.server.count("runs:s0")
    begin = NOON + HOUR
    world.clock.move(HOUR + 30 * SECOND)
    of = run("s0", NOON, RunState.RUNNING)
    world.server.put(query("q", of=of, created=begin, updated=begin))
    await world.poll()
    names = await world.poll(120)
    assert "runs:s1" in names
    assert "runs:s0" not in names or world.server.count("runs:s0") == before


async def test_disabled_schedules_are_not_swept() -> None:
    world = World("a")
    world.server.put(schedule("off", state=ScheduleState.DISABLED))
    names = await world.poll()
    assert "runs:a" in names
    assert "runs:off" not in names
    health = world.store.snapshot.health[SCOPE.label]
    assert (health.swept, health.to_sweep, health.sweep_complete_at) == (1, 1, NOON)


async def test_the_sweep_goes_round_once_per_period() -> None:
    world = World(*(f"s{n}" for n in range(10)))
    for id in world.server.schedules_by_id:
        world.server.put(schedule(id, "0 0 1 1 *"))
    await world.poll()
    for _ in range(30):
        await world.poll(30)
    assert [world.server.count(f"runs:s{n}") for n in range(10)] == [2] * 10


async def test_an_open_query_missing_from_three_polls_is_read_by_itself() -> None:
    world = World("a")
    world.server.put(query("q", updated=NOON - HOUR))
    world.server.put(query("newer", RunState.SUCCESS, updated=NOON))
    await world.poll()
    assert world.server.count("query:q") == 0
    for _ in range(3):
        await world.poll(10)
    assert world.server.count("query:q") == 1
    assert world.server.count("query:newer") == 0


async def test_a_query_detail_survives_later_list_rows() -> None:
    world = World("a")
    world.server.put(query("q"))
    await world.poll()
    assert world.engine.query_detail("q") is None
    detail = await world.engine.read_query("q")
    assert detail.effective_sql
    world.server.put(query("q", RunState.SUCCESS, updated=NOON + SECOND))
    await world.poll(10)
    later = world.engine.query_detail("q")
    assert later is not None
    assert later.effective_sql == detail.effective_sql
    assert later.state is RunState.SUCCESS


async def test_the_change_poll_asks_from_its_mark_less_two_minutes() -> None:
    world = World("a")
    world.server.put(query("q", RunState.SUCCESS, updated=NOON - 5 * MINUTE))
    await world.poll()
    await world.poll(10)
    failed, first, second = world.server.filters
    assert failed.raw_state == "FAILED"
    assert failed.updated_since == first.updated_since == NOON - 24 * HOUR
    assert second.updated_since == NOON - 7 * MINUTE


async def test_marks_follow_the_clock_of_the_server() -> None:
    world = World("a")
    world.server.server_offset = -HOUR
    await world.poll()
    assert world.server.filters[0].updated_since == NOON - 25 * HOUR
    assert world.store.snapshot.health[SCOPE.label].server_offset == -HOUR


async def test_hidden_queries_come_with_the_demand_and_go_with_it() -> None:
    world = World("a")
    world.server.put(query("shown", RunState.SUCCESS), query("noise", RunState.SUCCESS))
    world.server.hidden = {"noise"}
    await world.poll()
    assert set(world.store.snapshot.queries(SCOPE).records) == {"shown"}
    world.engine.demand("queries", Demands(queries=True, include_hidden=True))
    await world.poll()
    assert set(world.store.snapshot.queries(SCOPE).records) == {"shown", "noise"}
    world.engine.demand("queries", Demands(queries=True))
    await world.poll()
    assert set(world.store.snapshot.queries(SCOPE).records) == {"shown"}


async def test_queries_that_ended_long_ago_are_forgotten() -> None:
    world = World("a")
    world.server.put(query("old", RunState.SUCCESS, updated=NOON - 23 * HOUR))
    await world.poll()
    world.server.queries_by_id.clear()
    await world.poll(4 * 3600)
    assert not world.store.snapshot.queries(SCOPE).records


async def test_a_server_whose_queries_never_name_their_run_is_marked() -> None:
    world = World("a")
    world.server.put(run("a", SLOT), query("q", RunState.SUCCESS))
    await world.poll()
    assert not world.store.snapshot.health[SCOPE.label].no_run_links
    for _ in range(12):
        await world.poll(60)
    assert world.store.snapshot.health[SCOPE.label].no_run_links
    world.server.put(query("q2", of=run("a", NOON), updated=world.clock.now()))
    await world.poll(60)
    assert not world.store.snapshot.health[SCOPE.label].no_run_links


async def test_a_schedule_is_gone_when_its_runs_were_not_found_twice() -> None:
    world = World("a")
    await world.poll()
    world.server.failures["runs:a"] = NotFound("gone", status=404)
    with pytest.raises(NotFound):
        await world.engine.read_runs("a")
    assert world.store.snapshot.schedule(SCOPE, "a") is not None
    with pytest.raises(NotFound):
        await world.engine.read_runs("a")
    assert world.store.snapshot.schedule(SCOPE, "a") is None


async def test_of_one_schedule_only_the_newest_runs_are_kept() -> None:
    world = World("a")
    old = [run("a", NOON - n * HOUR) for n in range(1, 101)]
    world.server.put(*old)
    await world.engine.read_runs("a")
    world.server.runs_by_schedule["a"].clear()
    world.server.put(*(run("a", NOON + n * MINUTE) for n in range(60)))
    known = {known.id for known in await world.engine.read_runs("a")}
    assert len(known) == 120
    assert [of.id in known for of in (old[0], old[59], old[60], old[-1])] == [
        True,
        True,
        False,
        False,
    ]


async def test_user_reads_return_what_they_stored() -> None:
    world = World("a")
    failed = run("a", SLOT, RunState.FAILED)
    world.server.put(failed, run("a", SLOT - HOUR))
    found = ErrorFound(QueryError("1", "", "why"), query("q"))
    world.server.errors["a", failed.id] = found
    assert len(await world.engine.read_runs("a")) == 2
    detail = await world.engine.read_run("a", failed.id)
    assert detail.error == found.error
    assert detail == world.run(failed)
    assert (await world.engine.read_schedule("a")).id == "a"


async def test_it_runs_until_cancelled_and_leaves_nothing_behind() -> None:
    world = World(*(f"s{n}" for n in range(30)))
    before = asyncio.all_tasks()
    async with running(world):
        await world.clock.advance(2 * MINUTE)
        assert world.store.snapshot.health[SCOPE.label].swept == 30
        assert world.store.snapshot.health[SCOPE.label].state == "live"
        asked = len(world.server.requests)
        world.clock.move(SECOND)
        world.engine.refresh()
        await settle()
        assert len(world.server.requests) > asked
    assert asyncio.all_tasks() == before


async def test_at_most_four_reads_are_under_way_and_none_twice() -> None:
    world = World(*(f"s{n}" for n in range(30)))
    await world.poll()
    world.server.gate = asyncio.Event()
    async with running(world):
        await world.clock.advance(5 * MINUTE)
        assert world.server.most_in_flight == 4
        world.server.gate.set()
        world.server.gate = None
        await world.clock.advance(MINUTE)
    assert world.server.most_in_flight == 4


async def test_a_demand_wakes_the_engine_at_once() -> None:
    world = World("a")
    async with running(world):
        await world.clock.advance(3 * SECOND)
        world.engine.demand("runs", Demands(runs_of="a"))
        world.clock.move(15 * SECOND)
        world.engine.demand("detail", Demands(query="q"))
        await settle()
        assert world.server.count("runs:a") == 2


async def test_answers_that_come_after_retiring_are_dropped() -> None:
    world = World("a")
    world.server.gate = asyncio.Event()
    polling = asyncio.create_task(world.engine.poll_once())
    await settle()
    world.engine.retire()
    world.server.gate.set()
    await settle()
    assert await polling
    assert not world.store.snapshot.schedules(SCOPE).records


async def test_an_answer_about_queries_after_retiring_counts_as_no_read() -> None:
    world = World("a")
    await world.poll()
    assert world.store.snapshot.queries(SCOPE).read_at == NOON
    world.clock.move(20 * SECOND)
    world.server.gate = asyncio.Event()
    polling = asyncio.create_task(world.engine.poll_once())
    await settle()
    world.engine.retire()
    world.server.gate.set()
    await polling
    assert world.store.snapshot.queries(SCOPE).read_at == NOON


async def test_any_minute_sees_no_more_requests_than_the_budget_allows() -> None:
    world = World(*(f"s{n}" for n in range(300)))
    failed = [run(f"s{n}", SLOT, RunState.FAILED) for n in range(100)]
    world.server.put(*failed)
    world.engine.demand("list", Demands(visible_schedules=tuple(f"s{n}" for n in range(40))))
    async with running(world):
        for _ in range(10):
            await world.clock.advance(MINUTE)
            world.engine.refresh(everything=True)
    times = [at for at, _ in world.server.requests]
    assert max(sum(b <= at < b + MINUTE for at in times) for b in times) <= 60 + 20


class TalkingBackend(FakeBackend):
    """Tells of its requests and sends each of them `sent_each` times, as one that repeats does."""

    sent_each = 1
    callback: Callable[[str], None] | None = None

    def on_request(self, callback: Callable[[str], None]) -> None:
        self.callback = callback

    async def _ask(self, name: str) -> None:
        for _ in range(self.sent_each):
            if self.callback is not None:
                self.callback(name)
        for _ in range(self.sent_each - 1):
            self.requests.append((self.clock.now(), name))
        await super()._ask(name)


@pytest.mark.parametrize("sent_each", [1, 2])
async def test_requests_that_the_backend_repeats_are_charged_too(sent_each: int) -> None:
    clock = FakeClock()
    server = TalkingBackend(clock, [schedule(f"s{n}") for n in range(200)])
    server.sent_each = sent_each
    store = Store()
    engine = Engine(server, store, clock=clock)
    task = asyncio.create_task(engine.run())
    for _ in range(5):
        await clock.advance(MINUTE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    times = [at for at, _ in server.requests]
    worst = max(sum(b <= at < b + MINUTE for at in times) for b in times)
    assert 55 <= worst <= 60 + 20 + 4 * (sent_each - 1)
    assert store.snapshot.health[SCOPE.label].requests_last_min <= 80


async def test_what_was_paid_for_but_not_sent_is_given_back() -> None:
    clock = FakeClock()
    server = TalkingBackend(clock, [schedule("a")])
    server.sent_each = 0
    store = Store()
    engine = Engine(server, store, clock=clock)
    assert "schedules" in await engine.poll_once()
    assert store.snapshot.health[SCOPE.label].requests_last_min == 0
