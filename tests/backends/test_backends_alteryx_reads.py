"""What the adapter reads from each release of the emulated server, and for each role."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.errors import Forbidden, NotFound
from qsui.domain.jobs import Ability, Severity
from qsui.domain.models import Kind
from qsui.domain.ports_workflows import JobFilter, WorkflowServerBackend
from qsui.domain.secret import Secret
from qsui.domain.states import RunState, ScheduleState
from tests.support.alteryx import KEY, SECRET, USERS
from tests.support.backends import run
from tests.support.servers import ServerBench, server_bench

RELEASES = ["2024.2", "2025.1", "current"]
OPEN = JobFilter(open_only=True)


async def started(b: ServerBench, name: str) -> str:
    workflow = await b.workflow(name)
    accepted = await b.do(Action(Verb.TRIGGER, workflow.ref, name))
    return accepted.created_id


def test_it_is_all_that_such_a_server_offers() -> None:
    async def work() -> None:
        async with server_bench() as b:
            assert isinstance(b.backend, WorkflowServerBackend)

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_a_failed_job_reads_completed_and_is_no_success(release: str) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            id = await started(b, "Bad")
            await b.emulator.advance(5)
            job = await b.backend.job(id)
            assert job.state is RunState.RUNNING
            await b.emulator.advance(300)
            job = await b.backend.job(id)
            assert (job.raw_state, job.disposition) == ("Completed", "Error")
            assert job.state is RunState.FAILED
            assert job.workflow_name == "Bad"
            assert job.messages
            assert job.messages[0].severity is Severity.ERROR
            assert {m.tool_id for m in job.messages} >= {7, -1}

    run(work())


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "state"),
    [("Good", RunState.SUCCESS), ("Warns", RunState.WARNING), ("Bad", RunState.FAILED)],
)
def test_lists_know_how_the_last_job_of_each_workflow_ended(
    release: str, name: str, state: RunState
) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            id = await started(b, name)
            await b.emulator.advance(300)
            (job,) = await b.jobs()
            assert (job.id, job.state, job.workflow_name) == (id, state, name)
            asked = len(b.wire.seen)
            assert [j.state for j in await b.jobs()] == [state]
            assert len(b.wire.seen) == asked + 1  # an outcome is asked for once

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_the_jobs_of_a_workflow_have_their_outcomes(release: str) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            workflow = await b.workflow("Bad")
            ids = []
            for _ in range(3):
                ids.append(await started(b, "Bad"))
                await b.emulator.advance(300)
            found = await b.jobs(JobFilter(workflow_ids=(workflow.id,)))
            assert [job.id for job in found] == ids[::-1]
            assert {job.state for job in found} == {RunState.FAILED}
            assert {job.workflow_id for job in found} == {workflow.id}
            asked = len(b.wire.seen)
            await b.jobs(JobFilter(workflow_ids=(workflow.id,)))
            assert len(b.wire.seen) - asked <= 2

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_open_jobs_are_listed_with_their_place_in_life(release: str) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            first, second = await started(b, "Good"), await started(b, "Bad")
            await b.emulator.advance(20)
            found = {job.id: job for job in await b.jobs(OPEN)}
            assert found[first].state is RunState.RUNNING
            assert found[second].state is RunState.QUEUED
            assert found[second].waited(b.emulator.now()) == timedelta(seconds=20)
            if release == "current":
                assert found[first].submitted_by == "curator@acme.test"
                assert found[first].took(b.emulator.now()) is not None

    run(work())


def test_the_newest_server_pages_through_its_jobs() -> None:
    async def work() -> None:
        async with server_bench("demo") as b:
            everything = await b.jobs()
            assert len(everything) > 100
            assert len({job.id for job in everything}) == len(everything)
            newest = await b.jobs(cap=30)
            assert [j.id for j in newest] == [j.id for j in everything[:30]]
            lately = await b.jobs(JobFilter(completed_since=b.emulator.now() - timedelta(days=1)))
            assert len(lately) < len(everything)
            assert Counter(j.state for j in lately)[RunState.RUNNING] == 1

    run(work())


@pytest.mark.parametrize("quirk", ["A12=open", "A2=number", "A3=ulid", "A5=seven", "A5=naive"])
def test_odd_servers_list_the_same_jobs(quirk: str) -> None:
    async def work() -> None:
        async with server_bench(quirks=(quirk,)) as b:
            done = await started(b, "Good")
            await b.emulator.advance(300)
            open_one = await started(b, "Bad")
            found = {job.id: job for job in await b.jobs()}
            assert set(found) == {done, open_one}
            assert found[done].state is RunState.SUCCESS
            assert found[done].queued_at == b.emulator.now() - timedelta(seconds=300)
            assert found[done].priority in ("Default", "Default (0)")

    run(work())


@pytest.mark.parametrize("span", ["hms", "fraction", "seconds"])
def test_how_long_a_job_took_is_read_however_it_is_spelled(span: str) -> None:
    async def work() -> None:
        async with server_bench(quirks=(f"A11={span}",)) as b:
            await started(b, "Good")
            await b.emulator.advance(300)
            (job,) = await b.jobs()
            assert job.duration is not None
            assert timedelta(seconds=59) < job.duration < timedelta(seconds=62)

    run(work())


def test_a_null_workflow_id_is_carried_from_the_call() -> None:
    async def work() -> None:
        async with server_bench(release="2025.1", quirks=("A4=null",)) as b:
            workflow = await b.workflow("Bad")
            id = await started(b, "Bad")
            assert (await b.backend.job(id, workflow_id=workflow.id)).workflow_name == "Bad"
            assert (await b.backend.job(id)).workflow_id == workflow.id  # it is remembered

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_schedules_tell_what_runs_when(release: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            schedule = await b.schedule("Newsletter audience")
            assert schedule.state is ScheduleState.ENABLED
            assert schedule.runs_workflow
            assert schedule.workflow_name == (await b.backend.workflow(schedule.workflow_id)).name
            assert schedule.time_zone == "Europe/Zurich"
            assert schedule.cadence_words
            assert schedule.next_run_at is not None
            assert schedule.owner == "Yuki Satō"
            assert schedule.cron == ("30 6 * * 1-5" if release == "current" else "")
            orphan = await b.schedule("Old promo feed")
            assert orphan.workflow_id == ""

    run(work())


@pytest.mark.parametrize("never", ["null", "zero", "blank"])
def test_a_time_that_has_not_come_is_none(never: str) -> None:
    async def work() -> None:
        async with server_bench("demo", quirks=(f"A17={never}",)) as b:
            schedule = await b.schedule("Spring campaign brief")
            assert schedule.state is ScheduleState.DISABLED
            assert schedule.next_run_at is None

    run(work())


def test_a_reduced_list_of_schedules_is_completed_from_the_older_one() -> None:
    async def work() -> None:
        async with server_bench("demo", quirks=("A16=reduced",)) as b:
            found = [s async for page in b.backend.schedules() for s in page.records]
            assert {s.state for s in found} == {ScheduleState.ENABLED, ScheduleState.DISABLED}
            assert all(s.cadence_words for s in found)
            assert "admin/v1/schedules" in b.paths()

    run(work())


def test_a_full_recurrence_is_shown_as_cron() -> None:
    async def work() -> None:
        async with server_bench("demo", release="2024.2", quirks=("A15=full",)) as b:
            found = [s async for page in b.backend.schedules() for s in page.records]
            crons = {s.name: s.cron for s in found}
            assert crons["Newsletter audience"] == "30 6 * * 1-5"
            assert crons["Bounce clean-up"] == "10 22 * * 1,4"
            assert crons["Margins for the board"] == ""  # the third Tuesday
            assert crons["Partner prices"] == "7,27,47 * * * *"

    run(work())


def test_the_forecast_is_sorted() -> None:
    async def work() -> None:
        async with server_bench("demo") as b:
            now = b.emulator.now()
            found = await b.backend.planned_runs(now, now + timedelta(hours=2))
            assert found
            assert [one.start_at for one in found] == sorted(one.start_at for one in found)
            assert found[0].schedule_name
            assert found[0].owner

    run(work())


def secret_of(key: str) -> Secret:
    return Secret(SECRET if key == KEY else next(u.secret for u in USERS if u.key == key))


def test_an_artisan_reads_workflow_by_workflow_and_is_not_logged_in_again_and_again() -> None:
    async def work() -> None:
        async with server_bench(client_id="owner", client_secret=secret_of("owner")) as b:
            workflow = await b.workflow("Bad")
            id = await started(b, "Bad")
            await b.emulator.advance(300)
            with pytest.raises(Forbidden, match="jobs of one workflow"):
                await b.jobs()
            (job,) = await b.jobs(JobFilter(workflow_ids=(workflow.id,)))
            assert (job.id, job.state) == (id, RunState.FAILED)
            assert (await b.backend.job(id)).messages
            known = b.backend.capabilities
            assert known.job_list is Ability.FORBIDDEN
            assert known.last_job_per_workflow is Ability.FORBIDDEN
            assert known.users is Ability.FORBIDDEN
            asked = len(b.wire.seen)
            for _ in range(3):
                with pytest.raises(Forbidden):
                    await b.jobs()
            assert len(b.wire.seen) == asked
            assert b.paths("POST").count("oauth2/token") <= 3
            await b.emulator.advance(timedelta(minutes=31))
            with pytest.raises(Forbidden):
                await b.jobs()
            assert len(b.wire.seen) > asked  # a role may have changed meanwhile

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_probing_tells_what_the_release_can(release: str) -> None:
    async def work() -> None:
        async with server_bench(release=release) as b:
            found = await b.backend.probe()
            is_newest = release == "current"
            assert found.job_list is (Ability.YES if is_newest else Ability.MISSING)
            assert found.cron is (Ability.YES if is_newest else Ability.MISSING)
            assert found.cancel is (Ability.YES if is_newest else Ability.UNTRIED)
            asked = len(b.wire.seen)
            await b.backend.probe()
            assert len(b.wire.seen) == asked

    run(work())


@pytest.mark.parametrize("release", RELEASES)
def test_the_check_says_what_the_key_may(release: str) -> None:
    async def work() -> None:
        async with server_bench("demo", release=release) as b:
            checks = await b.backend.check()
            assert [(c.name, c.ok) for c in checks] == [
                ("token", True),
                ("role", True),
                ("schedules", True),
            ]

    run(work())


def test_what_is_gone_is_not_found() -> None:
    async def work() -> None:
        async with server_bench() as b:
            for read in (b.backend.job, b.backend.schedule, b.backend.workflow):
                with pytest.raises(NotFound):
                    await read("000000000000000000000000")

    run(work())


def test_raw_bodies_are_untouched() -> None:
    async def work() -> None:
        async with server_bench() as b:
            workflow = await b.workflow("Good")
            assert workflow.ref.kind is Kind.WORKFLOW
            assert b'"packageWorkflowType"' in await b.backend.raw(workflow.ref)

    run(work())


def test_thousands_of_workflows_come_in_one_answer() -> None:
    async def work() -> None:
        async with server_bench("demo", quirks=("A9=2500",)) as b:
            pages = [page async for page in b.backend.workflows()]
            assert len(pages) == 1
            assert len(pages[0].records) > 2500

    run(work())
