"""What the last session knew of a server with jobs is on screen first and is not read again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.jobs import Severity
from qsui.domain.models import Kind
from qsui.domain.states import RunState
from qsui.live.jobs.book import JobBook
from qsui.live.jobs.engine import Demands, JobEngine
from qsui.live.jobs.verdicts import JobVerdicts
from qsui.live.memory import recall
from qsui.live.store import Store
from qsui.storage.history import open_history
from tests.live.fakes import HOUR, MINUTE, NOON, SECOND, FakeClock
from tests.live.job_fakes import AYX, FakeServer, job, message, schedule, workflow

if TYPE_CHECKING:
    from pathlib import Path

    from qsui.domain.ports import History

pytestmark = pytest.mark.anyio

BOOM = message("boom", Severity.ERROR)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(tmp_path)


def session(
    history: History, *records: Any, server: FakeServer | None = None
) -> tuple[JobEngine, FakeServer, FakeClock, Store]:
    clock = server.clock if server else FakeClock()
    server = server or FakeServer(clock)
    server.put(*records)
    store = Store()
    return JobEngine(server, store, clock=clock, history=history), server, clock, store


async def test_lists_and_finished_jobs_are_painted_with_their_age_and_then_replaced(
    history: History,
) -> None:
    engine, server, clock, _ = session(
        history,
        workflow("w1"),
        schedule("s1"),
        job("over", RunState.SUCCESS),
        job("runs"),
    )
    engine.demand("screen", Demands(workflows=True, jobs=True))
    await engine.poll_once()
    clock.move(HOUR)
    server.workflows_by_id.clear()
    server.put(workflow("w2"))
    server.requests.clear()

    again, _, _, store = session(history, server=server)
    seen: list[tuple[set[str], set[str], set[str], int]] = []
    store.listen(
        lambda change: seen.append(
            (
                set(change.snapshot.schedules(AYX).records),
                set(change.snapshot.workflows(AYX).records),
                set(change.snapshot.jobs(AYX).records),
                len(server.requests),
            )
        )
    )
    painted = Store()
    assert recall(history, AYX, painted, clock.now(), has_jobs=True)
    for partition in (
        painted.snapshot.schedules(AYX),
        painted.snapshot.workflows(AYX),
        painted.snapshot.jobs(AYX),
    ):
        assert (partition.from_history, partition.read_at) == (True, NOON)
        assert not partition.is_complete
    again.demand("screen", Demands(workflows=True, jobs=True))
    await again.poll_once()
    assert ({"s1"}, {"w1"}, {"over"}, 0) in seen
    assert set(store.snapshot.workflows(AYX).records) == {"w2"}
    assert not store.snapshot.workflows(AYX).from_history
    assert not store.snapshot.jobs(AYX).from_history
    assert set(store.snapshot.jobs(AYX).records) == {"over", "runs"}
    history.close()


async def test_nothing_known_is_said(history: History) -> None:
    store = Store()
    assert not recall(history, AYX, store, NOON, has_jobs=True)
    assert not store.snapshot.partitions
    history.close()


async def test_what_recall_left_to_the_engine_is_not_painted_twice(history: History) -> None:
    history.save_jobs(AYX, (job("j1", RunState.SUCCESS),), NOON)
    engine, _, clock, store = session(history)
    assert recall(history, AYX, store, clock.now(), has_jobs=True)
    before = store.snapshot.jobs(AYX).records
    history.close()
    await engine.poll_once()
    assert store.snapshot.jobs(AYX).records == before


async def test_the_log_of_a_failed_job_is_never_read_again_not_even_when_it_is_opened(
    history: History,
) -> None:
    engine, server, _, _ = session(history, job("j1", RunState.FAILED, messages=(BOOM,)))
    await engine.poll_once()
    assert server.count("job:j1") == 1

    for _ in range(2):
        server.requests.clear()
        again, _, clock, store = session(history, server=server)
        again.demand("screen", Demands(jobs=True, visible_jobs=("j1",), job="j1"))
        for _ in range(5):
            await again.poll_once()
            clock.move(20 * SECOND)
            again.refresh()
        assert server.count("job:j1") == 0
        known = store.snapshot.job(AYX, "j1")
        assert known is not None
        assert known.messages == (BOOM,)
    history.close()


async def test_a_log_that_was_kept_in_part_is_read_once_it_is_opened(history: History) -> None:
    log = (*(message(f"line {n}") for n in range(400)), BOOM)
    engine, server, _, _ = session(history, job("j1", RunState.FAILED, messages=log))
    await engine.poll_once()
    server.requests.clear()

    again, _, clock, store = session(history, server=server)
    again.demand("screen", Demands(jobs=True, visible_jobs=("j1",)))
    await again.poll_once()
    known = store.snapshot.job(AYX, "j1")
    assert known is not None
    assert known.messages is not None
    assert (known.log_is_cut, known.messages[-1]) == (True, BOOM)
    assert server.count("job:j1") == 0
    again.demand("detail", Demands(job="j1"))
    for _ in range(3):
        await again.poll_once()
        clock.move(10 * SECOND)
    known = store.snapshot.job(AYX, "j1")
    assert known is not None
    assert (known.messages, known.log_is_cut) == (log, False)
    assert server.count("job:j1") == 1
    history.close()


async def test_a_failure_left_unexplained_by_the_last_session_is_explained(
    history: History,
) -> None:
    history.save_jobs(AYX, (job("j1", RunState.FAILED),), NOON)
    engine, server, _, store = session(
        history, job("j1", RunState.FAILED, queued=NOON - 30 * HOUR, messages=(BOOM,))
    )
    await engine.poll_once()
    assert server.count("job:j1") == 1
    known = store.snapshot.job(AYX, "j1")
    assert known is not None
    assert known.messages == (BOOM,)
    history.close()


async def test_an_outcome_that_no_log_told_is_not_asked_for_again(history: History) -> None:
    engine, server, clock, _ = session(history, job("j1", RunState.ENDED, messages=(message("x"),)))
    for _ in range(20):
        await engine.poll_once()
        clock.move(MINUTE)
    assert server.count("job:j1") == 3
    server.requests.clear()
    again, _, _, _ = session(history, server=server)
    await again.poll_once()
    assert server.count("job:j1") == 0
    history.close()


async def test_the_past_of_a_workflow_that_is_known_well_is_not_read(history: History) -> None:
    past = tuple(
        job(f"old{n}", RunState.SUCCESS, queued=NOON - (n + 30) * HOUR, took=5 * MINUTE)
        for n in range(6)
    )
    history.save_jobs(AYX, past, NOON)
    engine, server, clock, store = session(history, job("runs"), job("other", of="w2"))
    for _ in range(10):
        await engine.poll_once()
        clock.move(5 * SECOND)
    assert server.count("jobs of:w2") == 1
    assert server.count("jobs of:w1") == 0
    assert JobBook(store, AYX).pace("w1").median == 5 * MINUTE
    history.close()


async def test_old_jobs_do_not_make_a_run_missed_before_jobs_were_read(history: History) -> None:
    history.save_jobs(AYX, (job("old", RunState.SUCCESS, queued=NOON - 24 * HOUR),), NOON)
    clock, store = FakeClock(), Store()
    assert recall(history, AYX, store, clock.now(), has_jobs=True)
    due = schedule("s1", last_run_at=NOON - 24 * HOUR, next_run_at=NOON - HOUR)
    store.apply(AYX, Kind.SCHEDULE, "", [due], read_at=NOON)
    fresh = Store()
    fresh.apply(AYX, Kind.SCHEDULE, "", [due], read_at=NOON)
    verdicts = [
        JobVerdicts(one, AYX, clock, JobBook(one, AYX)).facts(due.id) for one in (store, fresh)
    ]
    assert verdicts[0] is not None
    assert verdicts[1] is not None
    assert verdicts[0].verdict is verdicts[1].verdict
    history.close()


async def test_lists_are_not_kept_with_every_little_change(history: History) -> None:
    engine, server, clock, _ = session(history, schedule("s1"))
    engine.demand("screen", Demands(schedules=True))
    await engine.poll_once()
    for minute in (0.5, 1.0):
        clock.move(30 * SECOND)
        server.put(schedule("s1", run_count=int(minute * 10)))
        await engine.poll_once()
        (kept,) = history.load_schedules(AYX)[0]
        assert kept.run_count == (None if minute < 1 else 10)
    history.close()


async def test_a_history_in_trouble_is_in_the_health_and_changes_nothing_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    engine, _, _, store = session(open_history(tmp_path / "file"), schedule("s1"), job("j1"))
    await engine.poll_once()
    health = store.snapshot.health[AYX.label]
    assert health.history_trouble.startswith("History is not kept")
    assert health.state == "live"
    assert set(store.snapshot.jobs(AYX).records) == {"j1"}


async def test_a_log_read_while_the_job_ran_is_read_once_more_when_it_is_over() -> None:
    clock = FakeClock()
    server, store = FakeServer(clock), Store()
    engine = JobEngine(server, store, clock=clock)
    started = message("reads")
    server.put(job("j1", messages=(started,)))
    engine.demand("detail", Demands(jobs=True, job="j1"))
    await engine.poll_once()
    over = replace(server.jobs_by_id["j1"], state=RunState.FAILED, messages=(started, BOOM))
    server.put(replace(over, raw_state="Completed"))
    engine.demand("detail", None)
    store.apply(AYX, Kind.JOB, "", [])
    for _ in range(4):
        clock.move(10 * SECOND)
        await engine.poll_once()
    known = store.snapshot.job(AYX, "j1")
    assert known is not None
    assert (known.messages, known.log_is_cut) == ((started, BOOM), False)
