"""The verdict of a schedule that runs a workflow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.facts import Mark, Verdict
from qsui.domain.job_verdict import judge_by_jobs
from qsui.domain.jobs import Severity
from qsui.domain.states import RunState, ScheduleState
from tests.live.fakes import HOUR, MINUTE, NOON, SECOND
from tests.live.job_fakes import job, message, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from qsui.domain.facts import ScheduleFacts
    from qsui.domain.jobs import Job
    from qsui.domain.models import Schedule

DAY = 24 * HOUR


def judged(
    record: Schedule, jobs: Sequence[Job] = (), *, now: datetime = NOON, **more: Any
) -> ScheduleFacts:
    plain: dict[str, Any] = {"read_at": now, "now": now}
    return judge_by_jobs(record, jobs, **(plain | more))


def past(*states: RunState) -> list[Job]:
    """Jobs an hour apart, the last one an hour ago."""
    return [
        job(f"j{i}", state, queued=NOON - (len(states) - i) * HOUR)
        for i, state in enumerate(states)
    ]


GOOD, BAD = RunState.SUCCESS, RunState.FAILED


def test_a_good_history_is_ok_with_the_servers_next_run() -> None:
    facts = judged(schedule("s"), past(GOOD, RunState.WARNING, GOOD))
    assert facts.verdict is Verdict.OK
    assert facts.next_fire_at == NOON + HOUR
    assert facts.ok_ratio == 1.0
    assert [cell.mark for cell in facts.history] == [Mark.OK] * 3
    assert facts.median == MINUTE
    assert facts.last_run is not None
    assert facts.last_run.ref == past(GOOD, GOOD, GOOD)[2].ref
    assert facts.valid_until == NOON + HOUR


def test_failures_in_a_row_are_counted_and_a_cancel_does_not_break_them() -> None:
    log = (message("no such file", Severity.ERROR),)
    jobs = past(GOOD, BAD, RunState.CANCELLED, BAD)
    jobs[3] = replace(jobs[3], messages=log)
    facts = judged(schedule("s"), jobs)
    assert (facts.verdict, facts.streak) == (Verdict.FAILED, 2)
    assert facts.since == jobs[1].started_at
    assert facts.last_final is not None
    assert facts.last_final.error is not None
    assert facts.last_final.error.message == "no such file"
    assert "The last 2 final jobs of its workflow failed." in facts.evidence


def test_a_schedule_whose_workflow_was_deleted_has_failed() -> None:
    facts = judged(schedule("s", of="", workflow_id=""))
    assert facts.verdict is Verdict.FAILED
    assert "workflow was deleted" in facts.evidence[0]
    off = schedule("s", of="", state=ScheduleState.DISABLED)
    assert judged(off).verdict is Verdict.OFF


def test_the_error_that_the_server_keeps_counts_until_a_later_job_went_well() -> None:
    record = schedule("s", last_error="Could not start", last_run_at=NOON - 3 * HOUR)
    facts = judged(record, past(GOOD, GOOD, RunState.CANCELLED, RunState.CANCELLED))
    assert (facts.verdict, facts.since) == (Verdict.FAILED, NOON - 3 * HOUR)
    assert any("keeps an error" in words for words in facts.evidence)
    assert not any("Could not start" in words for words in facts.evidence)
    assert judged(record, past(GOOD)).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(3, Verdict.OK), (8, Verdict.LATE), (31, Verdict.MISSED)]
)
def test_a_next_run_that_passed_without_a_trace_is_late_then_missed(
    minutes: int, verdict: Verdict
) -> None:
    record = schedule("s", next_run_at=NOON - minutes * MINUTE)
    facts = judged(record, past(GOOD, GOOD)[:1])
    assert facts.verdict is verdict
    assert facts.due_at == record.next_run_at
    if verdict is not Verdict.OK:
        assert facts.since == record.next_run_at
        assert facts.history[-1].mark in (Mark.LATE, Mark.NO_RUN)


def test_nothing_is_late_that_left_a_trace_or_was_not_read_since() -> None:
    record = schedule("s", next_run_at=NOON - 20 * MINUTE)
    served = [job("j", queued=NOON - 20 * MINUTE - 30 * SECOND)]
    assert judged(record, served).verdict is Verdict.RUNNING
    ran = replace(record, last_run_at=NOON - 20 * MINUTE)
    assert judged(ran, past(GOOD)).verdict is Verdict.OK
    old = judged(record, past(GOOD)[:0] + past(GOOD, GOOD)[:1], read_at=NOON - 19 * MINUTE)
    assert old.verdict is Verdict.UNKNOWN


def test_a_fire_by_the_expression_counts_in_the_schedules_zone() -> None:
    # 06:00 in New York is 10:00 UTC in summer
    record = schedule(
        "s", cron="0 6 * * *", time_zone="America/New_York", next_run_at=NOON + 22 * HOUR,
        last_run_at=NOON - 26 * HOUR,
    )  # fmt: skip
    facts = judged(record, [job("j", GOOD, queued=NOON - 26 * HOUR)])
    assert facts.verdict is Verdict.MISSED
    assert facts.due_at == NOON - 2 * HOUR
    assert facts.then_fires == (NOON + 46 * HOUR, NOON + 70 * HOUR)
    served = judged(replace(record, last_run_at=NOON - 2 * HOUR))
    assert served.verdict is Verdict.OK
    just_edited = replace(record, updated_at=NOON - HOUR)
    assert judged(just_edited, [job("j", GOOD, queued=NOON - 26 * HOUR)]).verdict is Verdict.OK


def test_a_zone_that_nobody_knows_leaves_the_servers_word() -> None:
    record = schedule("s", cron="0 6 * * *", time_zone="Eastern Standard Time (odd)")
    facts = judged(record, past(GOOD))
    assert facts.verdict is Verdict.OK
    assert (facts.next_fire_at, facts.then_fires) == (NOON + HOUR, ())
    assert "time zone" in facts.evidence[-1]


def test_what_goes_on_now() -> None:
    quick = [job(f"j{i}", GOOD, queued=NOON - (i + 3) * HOUR, took=2 * MINUTE) for i in range(10)]
    at_work = job("now", queued=NOON - 3 * MINUTE)
    assert judged(schedule("s"), [*quick, at_work]).verdict is Verdict.RUNNING
    slow = judged(schedule("s"), [*quick, job("now", queued=NOON - HOUR)])
    assert slow.verdict is Verdict.SLOW
    assert slow.active is not None
    assert slow.active.ref.id == "now"
    waits = judged(schedule("s"), [*quick, job("now", RunState.QUEUED)])
    assert waits.verdict is Verdict.QUEUED


def test_other_states() -> None:
    assert judged(schedule("s", state=ScheduleState.DISABLED), past(GOOD)).verdict is Verdict.OFF
    assert judged(schedule("s", state=ScheduleState.UNKNOWN), past(GOOD)).verdict is Verdict.UNKNOWN
    assert judged(schedule("s", end_at=NOON - DAY), past(GOOD)).verdict is Verdict.ENDED
    new = judged(schedule("s", last_run_at=None))
    assert (new.verdict, new.since) == (Verdict.NOT_BEGUN, NOON + HOUR)
    untold = judged(schedule("s"), past(RunState.ENDED))
    assert untold.verdict is Verdict.UNREAD
    assert untold.history[-1].mark is Mark.UNKNOWN


def test_a_history_that_schedules_share_says_so() -> None:
    facts = judged(schedule("s"), past(GOOD), siblings=2)
    assert any("2 schedules run" in words for words in facts.evidence)
    unread = judged(schedule("s"), jobs_are_read=False)
    assert not unread.history_read
    assert "Its jobs were not read yet." in unread.evidence
