"""What the last session knew is on screen first, and what this one learns is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.domain.states import RunState
from qsui.live.engine import Engine
from qsui.live.store import Store
from qsui.storage.history import open_history
from tests.live.fakes import HOUR, NOON, SCOPE, SECOND, FakeBackend, FakeClock, query, run, schedule

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_the_last_known_state_is_painted_with_its_age_and_then_replaced(
    tmp_path: Path,
) -> None:
    history = open_history(tmp_path)
    history.save_schedules(SCOPE, (schedule("a"), schedule("gone")), NOON - HOUR, replace=True)
    history.save_runs(SCOPE, (run("a", NOON - 3 * HOUR), run("gone", NOON - 3 * HOUR)))
    clock = FakeClock()
    server, store = FakeBackend(clock, [schedule("a")]), Store()
    engine = Engine(server, store, clock=clock, history=history)
    seen: list[tuple[bool, int]] = []
    store.listen(
        lambda change: seen.append(
            (change.snapshot.schedules(SCOPE).from_history, len(server.requests))
        )
    )
    await engine.poll_once()
    assert seen[0] == (True, 0)
    partition = store.snapshot.schedules(SCOPE)
    assert (set(partition.records), partition.from_history) == ({"a"}, False)
    assert store.snapshot.run(SCOPE, "a", run("a", NOON - 3 * HOUR).id)
    assert not store.snapshot.runs(SCOPE, "gone").records
    history.close()


async def test_finished_runs_and_schedules_are_kept_for_the_next_session(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    clock = FakeClock()
    server = FakeBackend(clock, [schedule("a"), schedule("b")])
    failed, active = run("a", NOON - HOUR, RunState.FAILED), run("b", NOON, RunState.RUNNING)
    server.put(failed, active, query("q", RunState.FAILED, of=failed, error="boom"))
    engine = Engine(server, Store(), clock=clock, history=history)
    await engine.poll_once()
    schedules, read_at = history.load_schedules(SCOPE)
    assert ([s.id for s in schedules], read_at) == (["a", "b"], NOON)
    kept = history.load_runs(SCOPE, NOON - 24 * HOUR)
    assert [r.id for r in kept] == [failed.id]
    assert kept[0].error
    assert kept[0].tasks == failed.tasks
    history.close()


async def test_a_failure_left_unexplained_by_the_last_session_is_explained(tmp_path: Path) -> None:
    history = open_history(tmp_path)
    failed = run("a", NOON - HOUR, RunState.FAILED)
    history.save_runs(SCOPE, (failed,))
    clock = FakeClock()
    server = FakeBackend(clock, [schedule("a")])
    server.put(failed)
    await Engine(server, Store(), clock=clock, history=history).poll_once()
    assert server.count("error:a/") == 1
    history.close()


async def test_a_history_in_trouble_is_in_the_health_and_changes_nothing_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    clock = FakeClock()
    store = Store()
    history = open_history(tmp_path / "file")
    server = FakeBackend(clock, [schedule("a")])
    engine = Engine(server, store, clock=clock, history=history)
    await engine.poll_once()
    health = store.snapshot.health[SCOPE.label]
    assert health.history_trouble.startswith("History is not kept")
    assert health.state == "live"
    clock.move(10 * SECOND)
    assert await engine.poll_once() == ("changes",)
