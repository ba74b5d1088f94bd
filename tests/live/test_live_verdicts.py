"""Verdicts are computed when something changed or time came, and not otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.facts import ScheduleFacts, Verdict
from qsui.domain.models import Kind
from qsui.domain.states import RunState
from qsui.live.store import Health, Store
from qsui.live.verdicts import Verdicts
from tests.live.fakes import HOUR, MINUTE, NOON, SCOPE, FakeClock, run, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.models import Run, Schedule

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, a slice is long enough for a few schedules."""
    monkeypatch.setattr("qsui.live.verdicts.SLICE_S", 60.0)
    monkeypatch.setattr("qsui.live.verdicts.ANNOUNCE_S", 60.0)


class CountingJudge:
    """Says failed or ok by the newest run; holds for an hour."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime]] = []
        self.read_at: datetime | None = None
        self.runs_from: datetime | None = None

    def __call__(
        self, schedule: Schedule, runs: Sequence[Run], *, now: datetime, **given: Any
    ) -> ScheduleFacts:
        self.asked.append((schedule.id, now))
        self.read_at, self.runs_from = given["read_at"], given["runs_from"]
        is_bad = bool(runs) and runs[0].state.is_bad
        verdict = Verdict.FAILED if is_bad else Verdict.OK
        hour = now.replace(minute=0, second=0) + HOUR
        return ScheduleFacts(verdict, due_at=hour, known_runs=len(runs), valid_until=hour)


class World:
    def __init__(self, *ids: str) -> None:
        self.clock = FakeClock()
        self.store = Store()
        self.store.apply(SCOPE, Kind.SCHEDULE, "", [schedule(id) for id in ids], read_at=NOON)
        self.judge = CountingJudge()
        self.verdicts = Verdicts(self.store, SCOPE, self.clock, judge=self.judge)
        self.told: list[frozenset[str]] = []
        self.verdicts.listen(self.told.append)


async def test_everything_is_judged_once_and_told() -> None:
    world = World("a", "b")
    assert world.verdicts.pending == 2
    await world.verdicts.settle()
    assert world.told == [frozenset({"a", "b"})]
    await world.verdicts.settle()
    assert world.verdicts.facts("a").verdict is Verdict.OK
    assert len(world.judge.asked) == 2


async def test_a_row_on_screen_is_judged_when_asked_and_not_again() -> None:
    world = World("a", "b")
    world.verdicts.facts("b")
    await world.verdicts.settle()
    assert [id for id, _ in world.judge.asked] == ["b", "a"]
    assert world.told == [frozenset({"a", "b"})]


async def test_only_the_schedule_whose_runs_changed_is_judged_again() -> None:
    world = World("a", "b")
    await world.verdicts.settle()
    failed = run("a", NOON - HOUR, RunState.FAILED)
    world.store.apply(SCOPE, Kind.RUN, "a", [failed], read_at=NOON)
    assert world.verdicts.pending == 1
    await world.verdicts.settle()
    assert world.verdicts.facts("a").verdict is Verdict.FAILED
    assert world.told[1:] == [frozenset({"a"})]
    assert len(world.judge.asked) == 3


async def test_a_read_without_news_is_judged_but_tells_nobody_if_nothing_follows() -> None:
    world = World("a")
    await world.verdicts.settle()
    world.store.apply(SCOPE, Kind.RUN, "a", (), read_at=NOON + MINUTE)
    await world.verdicts.settle()
    assert len(world.judge.asked) == 2
    assert world.judge.read_at == NOON + MINUTE
    assert len(world.told) == 1


async def test_time_changes_only_what_has_run_out() -> None:
    world = World("a", "b")
    await world.verdicts.settle()
    assert world.verdicts.tick(NOON + 59 * MINUTE) == frozenset()
    assert len(world.judge.asked) == 2
    world.clock.move(HOUR)
    assert world.verdicts.tick(NOON + HOUR) == {"a", "b"}
    assert world.told[-1] == {"a", "b"}


async def test_what_a_tick_has_no_time_for_waits_for_settle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World("a", "b")
    await world.verdicts.settle()
    world.clock.move(HOUR)
    monkeypatch.setattr("qsui.live.verdicts.SLICE_S", -1.0)
    assert world.verdicts.tick(NOON + HOUR) == frozenset()
    assert world.verdicts.pending == 2
    monkeypatch.setattr("qsui.live.verdicts.SLICE_S", 60.0)
    await world.verdicts.settle()
    assert world.told[-1] == {"a", "b"}


async def test_facts_that_ran_out_are_judged_when_asked() -> None:
    world = World("a")
    first = world.verdicts.facts("a")
    world.clock.move(2 * HOUR)
    assert world.verdicts.facts("a").valid_until != first.valid_until


async def test_judging_is_done_in_the_time_of_the_server() -> None:
    world = World("a")
    world.store.set_health(Health(SCOPE, server_offset=-HOUR))
    world.store.apply(SCOPE, Kind.RUN, "a", (), read_at=NOON)
    world.verdicts.facts("a")
    assert world.judge.asked == [("a", NOON - HOUR)]
    assert world.judge.read_at == NOON - HOUR


async def test_no_gap_is_claimed_before_the_runs_are_known_without_holes() -> None:
    world = World("a")
    world.verdicts.facts("a")
    assert world.judge.runs_from == NOON
    world.store.apply(SCOPE, Kind.RUN, "a", (), read_at=NOON, known_from=NOON - HOUR)
    world.verdicts.facts("a")
    assert world.judge.runs_from == NOON - HOUR


async def test_at_most_sixty_runs_are_judged_newest_first() -> None:
    world = World("a")
    runs = [run("a", NOON - n * HOUR) for n in range(1, 100)]
    failed = run("a", NOON, RunState.FAILED)
    world.store.apply(SCOPE, Kind.RUN, "a", [*runs, failed], read_at=NOON)
    facts = world.verdicts.facts("a")
    assert (facts.verdict, facts.known_runs) == (Verdict.FAILED, 60)


async def test_a_schedule_that_is_gone_is_told_and_unknown() -> None:
    world = World("a")
    await world.verdicts.settle()
    world.store.apply(SCOPE, Kind.SCHEDULE, "", (), removed=["a"])
    await world.verdicts.settle()
    assert world.told[-1] == {"a"}
    assert world.verdicts.facts("a").verdict is Verdict.UNKNOWN


async def test_after_closing_nothing_is_heard() -> None:
    world = World("a")
    await world.verdicts.settle()
    world.verdicts.close()
    world.store.apply(SCOPE, Kind.RUN, "a", [run("a", NOON)], read_at=NOON)
    assert world.verdicts.pending == 0


async def test_the_real_rules_say_failed_for_a_failed_run() -> None:
    world = World("a")
    failed = run("a", NOON - HOUR, RunState.FAILED)
    world.store.apply(SCOPE, Kind.RUN, "a", [failed], read_at=NOON)
    assert Verdicts(world.store, SCOPE, world.clock).facts("a").verdict is Verdict.FAILED
