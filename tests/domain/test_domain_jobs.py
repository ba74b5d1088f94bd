"""What two words of a server, and its messages, say about a job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qsui.domain.cron import is_same, next_fire_of
from qsui.domain.jobs import (
    Ability,
    Job,
    JobMessage,
    Severity,
    cancel_effect,
    severity_of,
    state_from_messages,
)
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import RunState, ScheduleState, job_state

NOW = datetime(2026, 6, 4, 12, 0, tzinfo=UTC)
REF = Ref("ayx", "", Kind.JOB, "", "j")


@pytest.mark.parametrize(
    ("status", "disposition", "state"),
    [
        ("Queued", "None", RunState.QUEUED),
        ("Created", "", RunState.QUEUED),
        ("Initializing", "", RunState.STARTING),
        ("Running", "None", RunState.RUNNING),
        ("Completed", "Success", RunState.SUCCESS),
        ("complete", "SUCCESS", RunState.SUCCESS),
        ("Completed", "Warning", RunState.WARNING),
        ("Completed", "Error", RunState.FAILED),
        ("Completed", "", RunState.ENDED),
        ("Completed", "None", RunState.ENDED),
        ("Completed", "Fine", RunState.ENDED),
        ("Cancelled", "Success", RunState.CANCELLED),
        ("Canceled", "", RunState.CANCELLED),
        ("Error", "", RunState.FAILED),
        ("Failed", "None", RunState.FAILED),
        ("Success", "", RunState.UNKNOWN),
        ("Paused", "", RunState.UNKNOWN),
        ("", "", RunState.UNKNOWN),
    ],
)
def test_two_words_make_one_state(status: str, disposition: str, state: RunState) -> None:
    assert job_state(status, disposition) is state
    assert job_state(f" {status.upper()} ", disposition.lower()) is state


@pytest.mark.parametrize(
    ("code", "severity"),
    [(1, "info"), (2, "warning"), (3, "error"), (4, "hidden"), (5, "warning"), (6, "warning"),
     (7, "debug"), (10, "hidden"), (13, "hidden"), (20, "warning"), (30, "warning"),
     (99, "unknown"), (None, "unknown")],
)  # fmt: skip
def test_codes_of_the_engine_have_a_severity(code: int | None, severity: str) -> None:
    assert severity_of(code) == severity


def test_severities_are_ranked_worst_first() -> None:
    assert min(Severity, key=lambda s: s.rank) is Severity.ERROR
    assert Severity.WARNING.rank < Severity.INFO.rank


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        ((1, 3, 2), RunState.FAILED),
        ((1, 5), RunState.WARNING),
        ((6,), RunState.WARNING),
        ((1, 4, 20), RunState.ENDED),
        ((), RunState.ENDED),
    ],
)
def test_messages_decide_an_outcome_that_was_not_told(
    codes: tuple[int, ...], state: RunState
) -> None:
    log = [JobMessage(severity_of(code), code, 1, "x") for code in codes]
    assert state_from_messages(RunState.ENDED, log) is state
    for known in (RunState.SUCCESS, RunState.RUNNING, RunState.CANCELLED):
        assert state_from_messages(known, log) is known


def test_how_long_a_job_waited_and_ran() -> None:
    queued = NOW - timedelta(minutes=10)
    waiting = Job(REF, RunState.QUEUED, "Queued", queued_at=queued)
    assert waiting.waited(NOW) == timedelta(minutes=10)
    assert waiting.took(NOW) is None
    started = NOW - timedelta(minutes=4)
    running = Job(REF, RunState.RUNNING, "Running", queued_at=queued, started_at=started)
    assert running.waited(NOW) == timedelta(minutes=6)
    assert running.took(NOW) == timedelta(minutes=4)
    assert running.duration is None
    over = Job(REF, RunState.FAILED, "Completed", started_at=started, ended_at=NOW)
    assert over.took(NOW + timedelta(hours=1)) == over.duration == timedelta(minutes=4)
    assert Job(REF, RunState.ENDED, "Completed").took(NOW) is None
    assert Job(REF, RunState.ENDED, "Completed").waited(NOW) is None


def test_a_job_is_called_by_its_workflow() -> None:
    assert Job(REF, RunState.QUEUED, "Queued").name == "j"
    assert Job(REF, RunState.QUEUED, "Queued", workflow_name="Load").name == "Load"


def test_a_cancel_says_what_it_will_do() -> None:
    words = {s: cancel_effect(Job(REF, s, "")) for s in (RunState.QUEUED, RunState.RUNNING)}
    assert "deleted from the queue" in words[RunState.QUEUED]
    assert "cancelled" in words[RunState.RUNNING]
    assert "deleted" in cancel_effect(Job(REF, RunState.UNKNOWN, "?"))


def test_only_what_was_not_refused_is_worth_a_try() -> None:
    assert [a for a in Ability if a.may_work] == [Ability.UNTRIED, Ability.YES]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("@daily", "0 0 * * *", True),
        ("0 6 * * mon-fri", "0 6 * * 1,2,3,4,5", True),
        ("*/15 * * * *", "0,15,30,45 * * * *", True),
        ("0 6 * * *", "0 7 * * *", False),
        ("0 6 1-31 * *", "0 6 * * *", True),
        ("0 6 * * 0-6", "0 6 * * *", True),
        ("0 6 1-31 * 1", "0 6 * * *", True),
        ("0 6 1 * 1", "0 6 1 * *", False),
        ("no  cron", "no cron", True),
        ("no cron", "0 6 * * *", False),
        ("@once", "@once", True),
        ("@once", "0 0 30 2 *", False),
    ],
)
def test_expressions_that_fire_alike_are_the_same(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


def test_the_server_tells_the_next_fire_of_a_workflow_schedule() -> None:
    def schedule(state: ScheduleState, at: datetime | None) -> Schedule:
        ref = Ref("ayx", "", Kind.SCHEDULE, "", "s")
        return Schedule(
            ref, "S", state, "", "0 6 * * *", runs_workflow=True, next_run_at=at, time_zone="CET"
        )

    soon = NOW + timedelta(hours=1)
    assert next_fire_of(schedule(ScheduleState.ENABLED, soon), NOW) == soon
    assert next_fire_of(schedule(ScheduleState.DISABLED, soon), NOW) is None
    assert next_fire_of(schedule(ScheduleState.ENABLED, NOW), NOW) is None
    assert next_fire_of(schedule(ScheduleState.ENABLED, None), NOW) is None
