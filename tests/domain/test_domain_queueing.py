"""The queue: who is next, how long it takes, what runs away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.durations import Pace
from qsui.domain.queueing import is_manual, pace_of, queue_view, rank_of
from qsui.domain.states import RunState
from tests.live.fakes import HOUR, MINUTE, NOON
from tests.live.job_fakes import job, schedule

if TYPE_CHECKING:
    from qsui.domain.jobs import Job

PACES = {"w1": Pace(10, 10 * MINUTE, 30 * MINUTE), "w2": Pace(2, 4 * MINUTE)}


def queued(id: str, minutes_ago: int, **more: Any) -> Job:
    return job(id, RunState.QUEUED, queued=NOON - minutes_ago * MINUTE, **more)


def running(id: str, minutes: int, **more: Any) -> Job:
    return job(id, queued=NOON - minutes * MINUTE, waited=timedelta(), **more)


def test_higher_priority_goes_first_then_who_came_first() -> None:
    jobs = [
        queued("late", 1),
        queued("early", 9, priority="Low"),
        queued("urgent", 2, priority="Critical"),
        queued("number", 1, priority="Medium (1)"),
        job("over", RunState.SUCCESS),
    ]
    view = queue_view(jobs, PACES, NOON)
    assert [one.job.id for one in view.waiting] == ["urgent", "number", "early", "late"]
    assert [one.position for one in view.waiting] == [1, 2, 3, 4]
    assert view.oldest_wait == 9 * MINUTE
    place = view.place("late")
    assert place is not None
    assert place.position == 4
    assert view.place("over") is None


def test_the_start_is_guessed_from_the_medians_of_the_jobs_before() -> None:
    jobs = [running("r1", 6), running("r2", 3, of="w2"), queued("q1", 2, of="w2"), queued("q2", 1)]
    view = queue_view(jobs, PACES, NOON)
    assert view.slots == 2
    assert view.slots_in_use == 2
    # r2 ends in 1 min; then q1 runs for 4 min, while r1 ends in 4
    assert [one.starts_at for one in view.waiting] == [NOON + MINUTE, NOON + 4 * MINUTE]


def test_a_run_away_keeps_its_slot() -> None:
    jobs = [running("r1", 120), queued("q1", 60)]
    view = queue_view(jobs, PACES, NOON)
    (found,) = view.run_aways
    assert found.job.id == "r1"
    assert (found.took, found.usual, found.limit) == (120 * MINUTE, 10 * MINUTE, 30 * MINUTE)
    assert view.waiting[0].starts_at is None


def test_nothing_is_guessed_of_a_job_that_another_one_overtook() -> None:
    jobs = [running("r1", 4), queued("q1", 30), queued("q2", 1)]
    view = queue_view(jobs, PACES, NOON)
    assert [one.starts_at for one in view.waiting] == [None, NOON + 6 * MINUTE]


def test_with_few_jobs_one_runs_away_at_three_medians_and_some_minutes() -> None:
    for minutes, is_one in ((12, False), (18, False), (20, True)):
        view = queue_view([running("r", minutes, of="w2")], PACES, NOON)
        assert bool(view.run_aways) is is_one


def test_a_job_of_which_nothing_is_known_runs_away_after_hours() -> None:
    assert not queue_view([running("r", 239)], {}, NOON).run_aways
    (found,) = queue_view([running("r", 240)], {}, NOON).run_aways
    assert found.usual is None


def test_nothing_is_guessed_without_any_known_pace() -> None:
    view = queue_view([running("r1", 4), queued("q1", 3)], {}, NOON)
    assert view.waiting[0].starts_at is None
    assert not view.run_aways


def test_slots_are_what_was_seen_and_free_ones_start_at_once() -> None:
    jobs = [running("r1", 4), queued("q1", 0)]
    view = queue_view(jobs, PACES, NOON, slots_seen=3)
    assert view.slots == 3
    assert view.waiting[0].starts_at == NOON
    stuck = queue_view([running("r1", 4), queued("q1", 2)], PACES, NOON, slots_seen=3)
    assert stuck.slots == 3
    assert stuck.waiting[0].starts_at == NOON + 6 * MINUTE  # the free slots are not for it
    assert queue_view([running("r1", 4)], PACES, NOON).slots is None


@pytest.mark.parametrize(
    ("priority", "rank"),
    [
        ("", 0), ("Default", 0), ("Low", 0), ("Medium", 1), ("High (2)", 2), ("3", 3),
        ("chained (4)", 4), ("odd", 0), ("odd (x)", 0), ("(", 0), ("99999", 0),
    ],
)  # fmt: skip
def test_priorities(priority: str, rank: int) -> None:
    assert rank_of(priority) == rank


def test_a_pace_comes_from_what_went_well() -> None:
    jobs = [
        job(f"j{i}", RunState.SUCCESS, queued=NOON - i * HOUR, took=10 * MINUTE) for i in range(40)
    ]
    jobs += [job("bad", RunState.FAILED, took=HOUR), job("open")]
    pace = pace_of(jobs)
    assert (pace.runs, pace.median) == (30, 10 * MINUTE)
    assert pace_of([job("bad", RunState.FAILED)]).median is None


def test_a_job_is_manual_if_no_schedule_ran_then() -> None:
    ran = schedule("s1", last_run_at=NOON)
    assert is_manual(job("j"), None) is None
    assert is_manual(job("j"), {}) is True
    assert is_manual(job("j"), {"w1": [ran]}) is False
    assert is_manual(job("j", queued=NOON + 20 * MINUTE), {"w1": [ran]}) is True
    assert is_manual(job("j"), {"w1": [replace(ran, last_run_at=None)]}) is None
    assert is_manual(replace(job("j"), workflow_id=""), {"w1": [ran]}) is None


def test_a_run_away_says_whether_it_is_manual() -> None:
    jobs = [running("r1", 120)]
    ran = schedule("s1", last_run_at=NOON - 120 * MINUTE)
    (found,) = queue_view(jobs, PACES, NOON, schedules={"w1": [ran]}).run_aways
    assert found.is_manual is False
    (found,) = queue_view(jobs, PACES, NOON, schedules={}).run_aways
    assert found.is_manual is True


def test_jobs_without_any_time_are_in_the_queue_too() -> None:
    bare = replace(queued("q1", 1), queued_at=None)
    view = queue_view([bare, replace(running("r1", 3), started_at=None)], PACES, NOON)
    assert view.waiting[0].waited is None
    assert view.oldest_wait is None
    assert view.waiting[0].starts_at == NOON + 10 * MINUTE
