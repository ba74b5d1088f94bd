"""What the screens of a server with jobs ask of the engine, over HTTP to the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.domain.states import RunState
from qsui.live.jobs.engine import Demands, ListMode
from tests.live.job_desk import JobDesk, job_desk

if TYPE_CHECKING:
    from qsui.domain.jobs import Job

pytestmark = pytest.mark.anyio
OLDER = ["2024.2", "2025.1"]
RELEASES = [*OLDER, "current"]
RUNAWAY = "Payroll_Variance_Backfill"


async def named(desk: JobDesk, name: str, state: RunState) -> Job:
    """A job of a workflow in a state, as the store has it; the engine polls until then."""
    for _ in range(20):
        for job in desk.jobs():
            if job.workflow_id == desk.emulator.workflow_id(name) and job.state is state:
                return job
        await desk.pass_time(1)
    raise AssertionError(f"no job of {name} is {state}")


def known(desk: JobDesk, id: str) -> Job:
    job = desk.job(id)
    assert job is not None
    return job


def reads(desk: JobDesk, id: str) -> int:
    return sum(path.startswith(f"v3/jobs/{id}") for path in desk.paths())


@pytest.mark.parametrize("release", RELEASES)
async def test_an_opened_job_that_runs_is_followed_every_10_seconds_in_order(release: str) -> None:
    async with job_desk("demo", emulated={"release": release}) as desk:
        desk.engine.demand("list", Demands(jobs=True))
        await desk.pass_time(3)
        id = (await named(desk, RUNAWAY, RunState.RUNNING)).id
        assert desk.engine.job_detail(id) is None
        desk.engine.demand("detail", Demands(job=id))
        await desk.pass_time(1)
        first = desk.engine.job_detail(id)
        assert first is not None
        assert first.messages
        before = reads(desk, id)
        await desk.pass_time(100)
        assert 9 <= reads(desk, id) - before <= 11
        second = desk.engine.job_detail(id)
        assert second is not None
        assert second.messages is not None
        assert second.messages[: len(first.messages)] == first.messages
        fresh = second.messages[len(first.messages) :]
        assert len(fresh) in (2, 3)
        numbers = [
            int(one.text.split(":")[0].removeprefix("Batch ").replace(",", "")) for one in fresh
        ]
        assert numbers == sorted(numbers)


async def test_an_opened_job_is_read_a_third_as_often_while_nobody_looks() -> None:
    async with job_desk("demo") as desk:
        await desk.pass_time(3)
        id = (await named(desk, RUNAWAY, RunState.RUNNING)).id
        desk.engine.demand("detail", Demands(job=id))
        desk.engine.focused = False
        await desk.pass_time(1)
        before = reads(desk, id)
        await desk.pass_time(120)
        assert 3 <= reads(desk, id) - before <= 5


@pytest.mark.parametrize("release", RELEASES)
async def test_the_end_of_a_followed_job_comes_with_its_last_message(release: str) -> None:
    async with job_desk("demo", emulated={"release": release, "lake": True}) as desk:
        desk.engine.demand("list", Demands(jobs=True))
        await desk.pass_time(3)
        id = await desk.start("Store_Sales_Refresh")
        desk.engine.demand("detail", Demands(job=id))
        await desk.pass_time(25)
        assert known(desk, id).state is RunState.RUNNING
        assert known(desk, id).messages
        await desk.pass_time(75)
        ended = known(desk, id)
        assert ended.state is RunState.SUCCESS
        assert ended.messages is not None
        assert ended.messages[-1].text.startswith("Finished running")
        assert len(ended.outputs or ()) == 2
        assert not ended.log_is_cut
        before = reads(desk, id)
        desk.engine.refresh()
        await desk.pass_time(60)
        assert reads(desk, id) == before


@pytest.mark.parametrize("release", RELEASES)
async def test_the_log_of_a_warned_job_is_read_while_it_is_on_screen_only(release: str) -> None:
    async with job_desk("demo", emulated={"release": release}) as desk:
        desk.engine.demand("list", Demands(jobs=True))
        await desk.pass_time(30)
        id = (await named(desk, "Partner_Price_Load", RunState.WARNING)).id
        assert reads(desk, id) == 0
        desk.engine.demand("list", Demands(jobs=True, visible_jobs=(id,)))
        await desk.pass_time(3)
        assert known(desk, id).messages
        await desk.pass_time(60)
        assert reads(desk, id) == 1


@pytest.mark.parametrize("release", OLDER)
async def test_older_servers_give_all_jobs_by_their_workflows_and_tell_when_that_is_all(
    release: str,
) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        ids = [await desk.start(name) for name in ("Good", "Good", "Warns", "Good")]
        await desk.emulator.advance(300)
        desk.engine.demand("list", Demands(jobs=True))
        await desk.pass_time(2)
        assert desk.engine.list_mode is ListMode.LAST
        partition = desk.store.snapshot.jobs(desk.scope)
        assert (len(partition.records), partition.is_complete) == (2, False)
        assert partition.trouble is None
        await desk.pass_time(20)
        partition = desk.store.snapshot.jobs(desk.scope)
        assert (set(partition.records), partition.is_complete) == (set(ids), True)
        ids.append(await desk.start("Bad"))
        await desk.pass_time(20)
        partition = desk.store.snapshot.jobs(desk.scope)
        assert (set(partition.records), partition.is_complete) == (set(ids), True)


@pytest.mark.parametrize("release", OLDER)
async def test_a_workflow_with_more_jobs_than_one_list_holds_is_never_called_complete(
    release: str,
) -> None:
    async with job_desk("demo", emulated={"release": release}) as desk:
        await desk.emulator.advance(3600)
        desk.engine.demand("list", Demands(jobs=True))
        await desk.pass_time(120, step=2)
        assert not desk.store.snapshot.jobs(desk.scope).is_complete
        sales = desk.emulator.workflow_id("Store_Sales_Refresh")
        async with desk.emulator.client() as http:
            there = (await http.get(f"v3/workflows/{sales}/jobs")).json()
        here = {job.id for job in desk.jobs() if job.workflow_id == sales}
        assert {row["id"] for row in there} <= here
        asked = len(desk.paths())
        await desk.pass_time(60, step=2)
        lists = [p for p in desk.paths()[asked:] if p.startswith("v3/workflows/")]
        assert len(lists) <= 4


async def test_nobody_who_looks_elsewhere_pays_for_the_jobs_of_older_servers() -> None:
    async with job_desk("demo", emulated={"release": "2024.2"}) as desk:
        desk.engine.demand("list", Demands(schedules=True))
        await desk.pass_time(60, step=2)
        assert not any(path.endswith("/jobs") and "workflows/" in path and "v3" in path
                       for path in desk.paths())  # fmt: skip
        assert not desk.store.snapshot.jobs(desk.scope).is_complete


@pytest.mark.parametrize("release", RELEASES)
async def test_another_role_sees_all_its_jobs_by_their_workflows(release: str) -> None:
    async with job_desk(key="owner", emulated={"release": release}) as desk:
        id = await desk.start("Good", key="owner")
        desk.engine.demand("list", Demands(jobs=True))
        await desk.pass_time(90)
        assert desk.engine.list_mode is ListMode.NAMED
        assert desk.job(id) is not None
        partition = desk.store.snapshot.jobs(desk.scope)
        assert partition.trouble is not None
        assert partition.trouble.kind == "forbidden"
        assert partition.is_complete
        health = desk.store.snapshot.health[desk.scope.label]
        assert (health.state, health.requests_last_min < 120) == ("live", True)


@pytest.mark.parametrize("release", RELEASES)
async def test_asking_again_reads_what_is_on_screen_and_everything_reads_all(release: str) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        desk.engine.demand("list", Demands(schedules=False, jobs=True))
        await desk.pass_time(70)
        await desk.emulator.advance(1)
        asked = len(desk.paths())
        desk.engine.refresh()
        await desk.engine.poll_once()
        seen = desk.paths()[asked:]
        jobs = "v3/jobs" if release == "current" else "admin/v1/workflows/jobs"
        assert jobs in seen
        assert "v3/schedules" not in seen
        await desk.emulator.advance(1)
        asked = len(desk.paths())
        desk.engine.refresh(everything=True)
        await desk.engine.poll_once()
        seen = desk.paths()[asked:]
        assert {jobs, "v3/workflows", "v3/schedules", "v3/users"} <= set(seen)
