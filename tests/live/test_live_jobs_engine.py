"""The engine of jobs on a server in memory: what it reads when, and what it makes of it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from qsui.domain.errors import Forbidden, RateLimited, ServerError, Unauthorized, Unreachable
from qsui.domain.jobs import Job, Person, Severity
from qsui.domain.models import Kind, Scope
from qsui.domain.states import RunState
from qsui.live.jobs.engine import Demands, JobEngine, JobPollOptions, ListMode
from qsui.live.store import Store
from tests.live.fakes import HOUR, MINUTE, NOON, SECOND, FakeClock
from tests.live.job_fakes import AYX, FakeServer, job, message, schedule, workflow

pytestmark = pytest.mark.anyio


class Stage:
    """An engine, its server and its clock."""

    def __init__(self, mode: str = "all", **options: Any) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(self.clock, mode=mode)
        self.store = Store()
        self.engine = JobEngine(
            self.server,
            self.store,
            clock=self.clock,
            options=JobPollOptions(**options),
            random=random.Random(1),  # noqa: S311
        )

    async def poll(self, after: timedelta = timedelta()) -> tuple[str, ...]:
        self.clock.move(after)
        return await self.engine.poll_once()

    async def pass_time(self, by: timedelta, step: timedelta = SECOND) -> None:
        passed = timedelta()
        while passed < by:
            await self.poll(step)
            passed += step

    def job(self, id: str) -> Job:
        found = self.store.snapshot.job(AYX, id)
        assert found is not None
        return found

    def knows(self, id: str) -> bool:
        return self.store.snapshot.job(AYX, id) is not None


async def test_schedules_come_first_then_jobs_and_names_last() -> None:
    stage = Stage()
    stage.server.put(workflow("w1"), schedule("s1"), job("j1"))
    assert await stage.poll() == ("schedules", "jobs")
    assert stage.store.snapshot.schedule(AYX, "s1") is not None
    assert stage.job("j1").state is RunState.RUNNING
    assert stage.engine.list_mode is ListMode.ALL
    await stage.pass_time(65 * SECOND)
    assert stage.server.count("workflows") == 1
    assert stage.server.count("people") == 1
    assert stage.store.snapshot.workflow(AYX, "w1") is not None


async def test_open_jobs_are_read_every_10_seconds_and_lists_every_30() -> None:
    stage = Stage()
    stage.engine.demand("list", Demands(schedules=True, jobs=True))
    stage.server.put(job("j1"))
    await stage.poll()
    before = len(stage.server.requests)
    await stage.pass_time(2 * MINUTE)
    names = [name for _, name in stage.server.requests[before:]]
    assert names.count("jobs:open") == 12
    assert names.count("jobs:0") == 4
    assert names.count("schedules") == 4


async def test_schedules_that_nobody_looks_at_are_read_every_two_minutes() -> None:
    stage = Stage()
    stage.engine.demand("list", Demands(schedules=False, jobs=True))
    await stage.poll()
    await stage.pass_time(4 * MINUTE)
    assert stage.server.count("schedules") == 3


async def test_what_leaves_the_open_list_is_read_at_once_with_its_log() -> None:
    stage = Stage()
    stage.server.put(job("j1"))
    await stage.poll()
    stage.server.end("j1", RunState.FAILED, message("no such file", Severity.ERROR, 7))
    stage.server.hides_outcomes = True
    assert "job:j1" in await stage.poll(10 * SECOND)
    found = stage.job("j1")
    assert found.state is RunState.FAILED
    assert found.messages == (message("no such file", Severity.ERROR, 7),)
    await stage.pass_time(2 * MINUTE)
    assert stage.server.count("job:j1") == 1
    assert stage.job("j1").state is RunState.FAILED


@pytest.mark.parametrize("mode", ["all", "last"])
async def test_a_failure_is_known_within_20_seconds(mode: str) -> None:
    stage = Stage(mode)
    stage.server.put(*(job(f"j{i}", of=f"w{i}") for i in range(50)))
    await stage.pass_time(30 * SECOND)
    stage.server.hides_outcomes = True
    for lag in range(0, 31, 3):
        id = f"j{lag}"
        stage.server.end(id, RunState.FAILED, message("broken", Severity.ERROR))
        waited = 0
        while stage.job(id).state is not RunState.FAILED:
            await stage.poll(SECOND)
            waited += 1
        assert waited <= 20
        assert stage.job(id).messages


async def test_a_job_that_comes_and_ends_between_two_reads_is_explained() -> None:
    stage = Stage()
    await stage.poll()
    stage.server.hides_outcomes = True
    stage.server.put(job("j1", RunState.WARNING, messages=(message("odd", Severity.WARNING),)))
    await stage.pass_time(32 * SECOND)
    assert stage.job("j1").state is RunState.WARNING


async def test_an_outcome_that_nobody_tells_is_asked_for_three_times() -> None:
    stage = Stage()
    stage.server.put(job("j1", RunState.ENDED))
    await stage.pass_time(10 * MINUTE, 5 * SECOND)
    assert stage.job("j1").state is RunState.ENDED
    assert stage.server.count("job:j1") == 3


async def test_old_outcomes_come_by_the_list_of_a_workflow_where_that_is_cheaper() -> None:
    stage = Stage()
    stage.server.hides_outcomes = True
    for i in range(20):
        stage.server.put(job(f"j{i}", RunState.SUCCESS, queued=NOON - i * MINUTE))
    stage.server.put(job("single", RunState.SUCCESS, of="w2", queued=NOON - HOUR))
    await stage.pass_time(20 * SECOND)
    assert stage.server.count("jobs of:w1") == 1
    assert stage.server.count("jobs of:w2") == 0
    assert {stage.job(f"j{i}").state for i in range(20)} == {RunState.SUCCESS}
    assert stage.job("single").state is RunState.SUCCESS
    assert stage.server.count("job:") <= 3


async def test_the_past_of_workflows_with_open_jobs_is_read_once() -> None:
    stage = Stage()
    stage.server.put(job("open1"), job("open2", RunState.QUEUED, of="w2"))
    days = 24 * HOUR
    stage.server.put(job("old", RunState.SUCCESS, queued=NOON - 9 * days, took=2 * HOUR))
    await stage.pass_time(2 * MINUTE)
    assert stage.job("old").duration == 2 * HOUR
    assert stage.server.count("jobs of:w1") == 1
    assert stage.server.count("jobs of:w2") == 1


async def test_logs_of_failed_jobs_come_before_outcomes() -> None:
    stage = Stage()
    stage.server.put(job("lost", RunState.ENDED, of="w2"))
    stage.server.put(
        job("bad", RunState.FAILED, messages=(message("broken", Severity.ERROR),)),
    )
    await stage.pass_time(6 * SECOND)
    names = [name for name in stage.server.names() if name.startswith("job:")]
    assert names[:2] == ["job:bad", "job:lost"]
    assert stage.job("bad").messages


async def test_what_is_on_screen_is_explained_first() -> None:
    stage = Stage()
    stage.server.put(
        *(job(f"j{i}", RunState.ENDED, of=f"w{i}", queued=NOON - i * MINUTE) for i in range(40))
    )
    stage.engine.demand("list", Demands(jobs=True, visible_jobs=("j33", "j34")))
    await stage.poll()
    await stage.poll(SECOND)
    asked = [name for name in stage.server.names() if name.startswith("job:")]
    assert {"job:j33", "job:j34"} <= set(asked)
    assert len(asked) <= 4


async def test_the_log_of_an_open_job_is_followed_and_then_kept() -> None:
    stage = Stage()
    stage.server.put(job("j1", messages=(message("begun"),)))
    stage.engine.demand("detail", Demands(schedules=False, job="j1"))
    await stage.poll()
    assert stage.engine.job_detail("j1") is not None
    assert stage.job("j1").messages == (message("begun"),)
    stage.server.put(job("j1", messages=(message("begun"), message("more"))))
    await stage.pass_time(11 * SECOND)
    assert stage.job("j1").messages == (message("begun"), message("more"))
    stage.server.end("j1", RunState.SUCCESS, message("begun"), message("more"), message("over"))
    await stage.pass_time(11 * SECOND)
    assert [m.text for m in stage.job("j1").messages or ()] == ["begun", "more", "over"]
    reads = stage.server.count("job:j1")
    await stage.pass_time(MINUTE)
    assert stage.server.count("job:j1") == reads
    assert stage.job("j1").messages


async def test_a_log_is_dropped_when_there_are_too_many_but_not_one_that_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qsui.live.jobs.job_reads.MOST_MESSAGES", 12_000)
    stage = Stage()
    log = tuple(message(f"line {i}") for i in range(5000))
    stage.server.put(*(job(f"j{i}", RunState.SUCCESS, messages=log) for i in range(4)))
    stage.engine.demand("detail", Demands(job="j0"))
    await stage.poll()
    for i in range(1, 4):
        found = await stage.engine.read_job(f"j{i}")
        assert found.messages == log
    assert stage.job("j0").messages == log
    assert stage.job("j1").messages is None
    assert stage.job("j3").messages == log


async def test_a_waiting_job_that_is_gone_goes_from_the_store() -> None:
    stage = Stage()
    stage.server.put(job("j1", RunState.QUEUED), job("j2", RunState.SUCCESS))
    await stage.poll()
    del stage.server.jobs_by_id["j1"], stage.server.jobs_by_id["j2"]
    await stage.pass_time(12 * SECOND)
    assert not stage.knows("j1")
    assert stage.knows("j2")  # what is over stays known
    assert stage.store.snapshot.health[AYX.label].state == "live"


async def test_a_job_hidden_behind_a_newer_one_is_read_until_it_is_over() -> None:
    stage = Stage("last")
    stage.server.put(job("j1", queued=NOON - MINUTE))
    await stage.poll()
    assert stage.engine.list_mode is ListMode.LAST
    stage.server.put(job("j2", queued=NOON))
    await stage.pass_time(45 * SECOND)
    assert stage.job("j1").state is RunState.RUNNING
    assert stage.server.count("job:j1") in (2, 3)
    stage.server.end("j1", RunState.SUCCESS)
    await stage.pass_time(21 * SECOND)
    assert stage.job("j1").state is RunState.SUCCESS


async def test_without_any_list_only_named_workflows_are_read() -> None:
    stage = Stage("named")
    stage.server.put(*(workflow(f"w{i}") for i in range(5)), schedule("s1"))
    stage.server.put(job("j1", of="w2"), job("j2", of="w3"))
    await stage.poll()
    trouble = stage.store.snapshot.jobs(AYX).trouble
    assert trouble is not None
    assert trouble.kind == "forbidden"
    assert stage.engine.list_mode is ListMode.NAMED
    stage.engine.demand("jobs", Demands(jobs_of="w2"))
    await stage.poll(SECOND)
    assert stage.knows("j1")
    assert not stage.knows("j2")
    assert stage.store.snapshot.jobs(AYX, "w2").read_at == stage.clock.now()
    await stage.pass_time(2 * MINUTE)
    assert 4 <= stage.server.count("jobs of:w2") <= 5
    assert stage.server.count("jobs of:w3") == 0
    assert stage.store.snapshot.health[AYX.label].state == "live"


async def test_without_any_list_jobs_come_by_their_workflows_those_that_just_ran_first() -> None:
    stage = Stage("named")
    stage.server.put(*(workflow(f"w{i}") for i in range(40)))
    stage.server.put(*(schedule(f"s{i}", of=f"w{i}") for i in range(40)))
    stage.engine.demand("list", Demands(jobs=True, schedules=True))
    await stage.pass_time(5 * MINUTE)
    jobs = stage.store.snapshot.jobs(AYX)
    assert jobs.is_complete
    assert jobs.trouble is not None
    assert {stage.server.names().count(f"jobs of:w{i}") for i in range(40)} <= {1, 2}
    stage.server.put(job("new", of="w7", queued=stage.clock.now()))
    stage.server.put(schedule("s7", of="w7", last_run_at=stage.clock.now()))
    await stage.pass_time(40 * SECOND)
    assert stage.job("new").state is RunState.RUNNING
    stage.server.end("new", RunState.FAILED, message("boom", Severity.ERROR))
    await stage.pass_time(25 * SECOND)
    assert stage.job("new").messages == (message("boom", Severity.ERROR),)


async def test_more_open_jobs_than_are_read_at_once_have_their_turn() -> None:
    stage = Stage("named")
    stage.server.put(*(workflow(f"w{i}") for i in range(20)))
    stage.server.put(*(schedule(f"s{i}", of=f"w{i}") for i in range(20)))
    stage.server.put(*(job(f"j{i}", of=f"w{i}") for i in range(20)))
    stage.engine.demand("list", Demands(jobs=True))
    await stage.pass_time(4 * MINUTE)
    assert all(stage.server.names().count(f"job:j{i}") > 2 for i in range(20))


async def test_a_list_that_is_not_for_this_key_closes_that_list_only() -> None:
    stage = Stage()
    stage.server.put(workflow("w1"), schedule("s1"), job("j1"))
    stage.server.failures["workflows"] = Forbidden("not for this key", status=401)
    stage.server.failures["people"] = Forbidden("not for this key", status=401)
    stage.engine.demand("list", Demands(workflows=True))
    await stage.pass_time(2 * MINUTE)
    assert stage.server.count("workflows") == 1
    assert stage.server.count("people") == 1
    trouble = stage.store.snapshot.workflows(AYX).trouble
    assert trouble is not None
    assert trouble.kind == "forbidden"
    assert stage.server.count("jobs:open") >= 12
    assert stage.store.snapshot.health[AYX.label].state == "live"


async def test_a_refused_login_stops_all_reads_until_somebody_asks() -> None:
    stage = Stage()
    stage.server.failures[""] = Unauthorized("wrong secret", status=401)
    await stage.poll()
    assert stage.store.snapshot.health[AYX.label].state == "refused"
    asked = len(stage.server.requests)
    await stage.pass_time(MINUTE)
    assert len(stage.server.requests) == asked
    stage.server.failures.clear()
    stage.engine.refresh()
    await stage.poll()
    assert stage.store.snapshot.health[AYX.label].state == "live"


async def test_a_pause_that_the_server_asks_for_is_kept() -> None:
    stage = Stage()
    await stage.poll()
    stage.server.failures["jobs"] = RateLimited("slow down", retry_after_s=45)
    await stage.poll(10 * SECOND)
    stage.server.failures.clear()
    asked = len(stage.server.requests)
    await stage.pass_time(43 * SECOND)
    assert len(stage.server.requests) == asked
    assert stage.store.snapshot.health[AYX.label].state == "throttled"
    await stage.pass_time(5 * SECOND)
    assert len(stage.server.requests) > asked


async def test_a_server_that_is_away_is_offline_and_what_is_known_stays() -> None:
    stage = Stage()
    stage.server.put(job("j1"))
    await stage.poll()
    stage.server.failures[""] = Unreachable("no answer")
    await stage.pass_time(30 * SECOND)
    assert stage.store.snapshot.health[AYX.label].state == "offline"
    assert stage.knows("j1")
    stage.server.failures = {"schedules": ServerError("broken", status=500)}
    await stage.pass_time(90 * SECOND)
    assert stage.store.snapshot.health[AYX.label].state == "stale"


async def test_times_that_no_server_tells_are_those_at_which_it_was_seen() -> None:
    stage = Stage("last")
    plain: dict[str, Any] = {"started_at": None, "ended_at": None, "seen_duration": None}
    stage.server.put(replace(job("j1", RunState.QUEUED), **plain))
    await stage.poll()
    stage.server.put(replace(job("j1", RunState.RUNNING), **plain))
    await stage.poll(10 * SECOND)
    began = stage.clock.now()
    assert (stage.job("j1").started_at, stage.job("j1").times_are_seen) == (began, True)
    stage.server.put(replace(job("j1", RunState.SUCCESS), **plain))
    await stage.poll(40 * SECOND)
    assert stage.job("j1").duration == 40 * SECOND
    assert stage.job("j1").times_are_seen
    told = replace(job("j1", RunState.SUCCESS), ended_at=NOON + 7 * SECOND)
    stage.server.put(told)
    await stage.poll(60 * SECOND)
    assert stage.job("j1").started_at == told.started_at
    assert not stage.job("j1").times_are_seen


async def test_what_is_over_never_becomes_active_again() -> None:
    stage = Stage()
    stage.server.put(job("j1", RunState.SUCCESS))
    await stage.poll()
    stage.server.put(job("j1", RunState.RUNNING))
    await stage.poll(MINUTE)
    assert stage.job("j1").state is RunState.SUCCESS


async def test_a_workflow_that_is_gone_goes_and_details_outlive_lists() -> None:
    stage = Stage()
    stage.server.put(workflow("w1", description="loads sales"), workflow("w2"))
    stage.engine.demand("list", Demands(workflows=True))
    await stage.poll()
    whole = await stage.engine.read_workflow("w1")
    assert whole.is_whole
    stage.server.put(workflow("w1"))
    del stage.server.workflows_by_id["w2"]
    stage.clock.move(SECOND)
    stage.engine.refresh(everything=True)
    await stage.poll()
    known = stage.store.snapshot.workflow(AYX, "w1")
    assert known is not None
    assert known.description == "loads sales"
    assert stage.store.snapshot.workflow(AYX, "w2") is None


async def test_users_are_known_by_their_ids() -> None:
    stage = Stage()
    stage.server.users = (Person("u1", "Otto Owner"),)
    await stage.pass_time(65 * SECOND)
    assert stage.engine.people["u1"].name == "Otto Owner"


async def test_slots_are_counted_while_others_wait() -> None:
    stage = Stage()
    stage.server.put(job("j1"), job("j2"))
    await stage.poll()
    assert stage.engine.slots_seen == 0
    stage.server.put(job("j3", RunState.QUEUED))
    await stage.poll(10 * SECOND)
    assert stage.engine.slots_seen == 2


async def test_nothing_leaks_between_scopes_in_one_store() -> None:
    stage = Stage()
    other = FakeServer(stage.clock)
    other.scope = Scope("ayx2", "", "key-of-ayx2")
    stage.server.put(job("j1"), schedule("s1"), workflow("w1"))
    second = JobEngine(other, stage.store, clock=stage.clock)
    moved = replace(job("j1", RunState.QUEUED).ref, profile="ayx2")
    other.put(replace(job("j1", RunState.QUEUED), ref=moved))
    await stage.poll()
    await second.poll_once()
    theirs = stage.store.snapshot.job(other.scope, "j1")
    assert theirs is not None
    assert theirs.state is RunState.QUEUED
    assert stage.job("j1").state is RunState.RUNNING
    assert not stage.store.snapshot.schedules(other.scope).records
    second.forget(moved)
    assert stage.knows("j1")
    assert set(stage.store.snapshot.health) == {"ayx", "ayx2"}


async def test_late_answers_of_a_retired_engine_are_dropped() -> None:
    stage = Stage()
    stage.server.put(job("j1"))
    await stage.poll()
    stage.engine.retire()
    assert stage.engine.scope == AYX
    stage.engine.forget(job("j1").ref)
    assert not stage.store.snapshot.partition(AYX, Kind.JOB).records
