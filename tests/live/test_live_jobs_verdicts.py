"""Verdicts of schedules that run workflows follow jobs and schedules as they change."""

from __future__ import annotations

from dataclasses import replace

from qsui.domain.facts import Verdict
from qsui.domain.models import Kind, Record, Scope
from qsui.domain.states import RunState
from qsui.live.jobs.book import JobBook
from qsui.live.jobs.verdicts import JobVerdicts
from qsui.live.store import Store
from tests.live.fakes import HOUR, MINUTE, NOON, FakeClock
from tests.live.job_fakes import AYX, job, schedule


class Room:
    """A store with its book and its verdicts."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = Store()
        self.book = JobBook(self.store, AYX)
        self.verdicts = JobVerdicts(self.store, AYX, self.clock, self.book)

    def put(self, *records: Record, scope: Scope = AYX) -> None:
        for record in records:
            self.store.apply(scope, record.ref.kind, "", [record], read_at=self.clock.now())

    def verdict(self, id: str) -> Verdict:
        return self.verdicts.facts(id).verdict


def test_a_job_changes_the_verdict_of_every_schedule_of_its_workflow() -> None:
    room = Room()
    room.put(schedule("s1"), schedule("s2"), schedule("s3", of="w2"))
    assert room.verdict("s1") is Verdict.OK
    assert room.verdict("s3") is Verdict.OK
    judged = room.verdicts.judged
    room.put(job("j1", RunState.FAILED, queued=NOON - MINUTE))
    assert (room.verdict("s1"), room.verdict("s2")) == (Verdict.FAILED, Verdict.FAILED)
    judged_after = room.verdicts.judged - judged
    assert room.verdict("s3") is Verdict.OK
    assert judged_after <= 3
    assert "2 schedules" in " ".join(room.verdicts.facts("s1").evidence)


def test_a_job_that_goes_is_taken_back() -> None:
    room = Room()
    room.put(schedule("s1"), job("j1", RunState.QUEUED))
    assert room.verdict("s1") is Verdict.QUEUED
    room.store.apply(AYX, Kind.JOB, "", (), removed=["j1"])
    assert room.verdict("s1") is Verdict.OK
    assert room.book.active() == ()


def test_a_late_run_is_told_once_schedules_were_read_again() -> None:
    room = Room()
    record = schedule("s1", next_run_at=NOON + MINUTE)
    room.put(job("j1", RunState.SUCCESS, queued=NOON - HOUR), record)
    assert room.verdict("s1") is Verdict.OK
    room.clock.move(10 * MINUTE)
    room.verdicts.tick(room.clock.now())
    assert room.verdict("s1") is Verdict.UNKNOWN
    room.put(record)
    assert room.verdict("s1") is Verdict.LATE
    room.clock.move(HOUR)
    room.put(record)
    assert room.verdict("s1") is Verdict.MISSED
    room.put(replace(record, next_run_at=NOON + 5 * HOUR, last_run_at=room.clock.now()))
    assert room.verdict("s1") is Verdict.OK


def test_another_scope_of_the_same_store_is_nothing_to_it() -> None:
    room = Room()
    other = Scope("ayx2", "", "key")
    room.put(schedule("s1"), job("j0", RunState.SUCCESS))
    stranger = job("j1", RunState.FAILED)
    room.put(replace(stranger, ref=replace(stranger.ref, profile="ayx2")), scope=other)
    assert room.verdict("s1") is Verdict.OK
    assert [one.id for one in room.book.jobs_of("w1")] == ["j0"]


def test_the_book_keeps_pace_queue_and_workflows_that_become_known() -> None:
    room = Room()
    nameless = replace(job("j1", RunState.QUEUED), workflow_id="")
    room.put(nameless, *(job(f"d{i}", RunState.SUCCESS) for i in range(6)))
    assert room.book.jobs_of("w1")
    assert room.book.workflow_of(nameless.ref) == ""
    room.put(replace(nameless, workflow_id="w1"))
    assert room.book.workflow_of(nameless.ref) == "w1"
    assert room.book.pace("w1").median == MINUTE
    room.put(job("r1"))
    view = room.book.queue(room.clock.now())
    assert [one.job.id for one in view.waiting] == ["j1"]
    assert view.slots == 1
    room.book.close()
    room.put(job("r2"))
    assert len(room.book.active()) == 2
