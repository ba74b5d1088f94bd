"""The engine of jobs on the real adapter on the emulator, on every release and for other roles."""

from __future__ import annotations

from typing import Any

import pytest

from qsui.domain.queueing import pace_of
from qsui.domain.states import RunState
from qsui.emulator.alteryx.seeds import Tool, ToolKind, WorkerSeed, WorkflowSeed
from qsui.live.jobs.book import JobBook
from qsui.live.jobs.engine import Demands, ListMode
from tests.live.job_desk import JobDesk, job_desk
from tests.support.alteryx import GOOD, OWNER, small_scene

pytestmark = pytest.mark.anyio
RELEASES = ["2024.2", "2025.1", "current"]
NAMES = ("Good", "Warns", "Bad")


async def started(desk: JobDesk, name: str) -> str:
    """Start a workflow a second after what was before."""
    await desk.emulator.advance(1)
    return await desk.start(name)


async def ended(desk: JobDesk, id: str) -> None:
    """Let time pass until the server says that a job is over; the engine polls meanwhile."""
    async with desk.emulator.client() as http:
        for _ in range(300):
            await desk.pass_time(1)
            if (await http.get(f"v3/jobs/{id}")).json()["status"] == "Completed":
                return
    raise AssertionError("it never ends")


@pytest.mark.parametrize("release", RELEASES)
async def test_a_failure_is_known_within_20_seconds_with_its_log(release: str) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        await desk.pass_time(5)
        id = await desk.start("Bad")
        await ended(desk, id)
        lag = 0
        while (job := desk.job(id)) is None or job.state is not RunState.FAILED:
            await desk.pass_time(1)
            lag += 1
            assert lag <= 20
        assert any("no_such_table" in message.text for message in job.messages or ())
        assert job.workflow_id == desk.emulator.workflow_id("Bad")
        assert desk.store.snapshot.health[desk.scope.label].state == "live"


@pytest.mark.parametrize("release", ["2025.1", "current"])
@pytest.mark.parametrize(
    "quirk",
    ["A1=wrapped", "A2=number", "A3=ulid", "A4=null", "A5=naive", "A7=none", "A8=oldest",
     "A10=empty", "A11=seconds", "A12=open", "A13=full", "A16=reduced", "A17=zero"],
)  # fmt: skip
async def test_odd_servers_are_followed_too(quirk: str, release: str) -> None:
    async with job_desk(emulated={"release": release, "quirks": [quirk]}) as desk:
        await desk.pass_time(3)
        id = await desk.start("Bad")
        await ended(desk, id)
        await desk.pass_time(20)
        job = desk.job(id)
        assert job is not None
        assert job.state is RunState.FAILED
        assert job.messages
        assert desk.store.snapshot.health[desk.scope.label].state == "live"


@pytest.mark.parametrize("release", RELEASES)
async def test_outcomes_queue_and_pace_are_known_on_every_release(release: str) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        book = JobBook(desk.store, desk.scope)
        await desk.pass_time(3)
        ids = [await started(desk, name) for name in NAMES]
        await desk.pass_time(15)
        mode = ListMode.ALL if release == "current" else ListMode.LAST
        assert desk.engine.list_mode is mode
        queue = book.queue(desk.clock.now(), slots_seen=desk.engine.slots_seen)
        assert [job.id for job in queue.working] == ids[:1]
        seen = [one.job.id for one in queue.waiting]
        assert seen == ids[1:]
        assert queue.slots == 1
        for id in ids:
            await ended(desk, id)
        await desk.pass_time(25)
        states = {id: job.state for id in ids if (job := desk.job(id))}
        assert [states[id] for id in ids] == [
            RunState.SUCCESS,
            RunState.WARNING,
            RunState.FAILED,
        ]
        pace = pace_of(book.jobs_of(desk.emulator.workflow_id("Good")))
        assert pace.median is not None
        assert 20 <= pace.median.total_seconds() <= 80


async def test_another_role_reads_the_jobs_of_named_workflows() -> None:
    async with job_desk(key="owner", emulated={"release": "2025.1"}) as desk:
        id = await desk.start("Good", key="owner")
        await desk.pass_time(3)
        assert desk.engine.list_mode is ListMode.NAMED
        trouble = desk.store.snapshot.jobs(desk.scope).trouble
        assert trouble is not None
        assert trouble.kind == "forbidden"
        desk.engine.demand("jobs", Demands(jobs_of=desk.emulator.workflow_id("Good")))
        await desk.pass_time(3)
        assert desk.job(id) is not None
        assert desk.store.snapshot.health[desk.scope.label].state == "live"
        asked = len(desk.network.seen)
        await desk.pass_time(60)
        assert len(desk.network.seen) - asked <= 30


async def test_a_log_of_5000_messages_is_read_whole() -> None:
    said = Tool(1, ToolKind.SAY, "SELECT * FROM range(5000)", "a line", usual_rows=5000)
    chatty = WorkflowSeed("Chatty", OWNER, (said,), 5, spread=0.0)
    scene = small_scene(workflows=(chatty,), collections=())
    async with job_desk(scene, emulated={"lake": True}) as desk:
        id = await desk.start("Chatty")
        await ended(desk, id)
        await desk.pass_time(15)
        job = await desk.engine.read_job(id)
        assert len(job.messages or ()) >= 5000
        assert job.state is RunState.SUCCESS


def big_scene(workflows: int, running: int) -> Any:
    seeds = tuple(
        WorkflowSeed(f"Flow {i:04}", OWNER, GOOD, 36_000 if i < running else 60, spread=0.0)
        for i in range(workflows)
    )
    return small_scene(workflows=seeds, collections=(), workers=(WorkerSeed("W1", running + 10),))


@pytest.mark.parametrize("release", ["2025.1", "current"])
async def test_requests_with_2500_workflows_and_50_running_jobs(release: str) -> None:
    scene = big_scene(2500, 50)
    async with job_desk(scene, emulated={"release": release}) as desk:
        for i in range(50):
            await desk.start(f"Flow {i:04}")
        await desk.pass_time(30, step=5)
        shown = [job.id for job in desk.jobs()][:40]
        desk.engine.demand("list", Demands(jobs=True, workflows=True, visible_jobs=tuple(shown)))
        await desk.pass_time(300, step=5)  # the past of what runs is learnt once, one every 5 s
        asked = len(desk.network.seen)
        await desk.pass_time(120, step=5)
        per_min = (len(desk.network.seen) - asked) / 2
        assert sum(job.state is RunState.RUNNING for job in desk.jobs()) == 50
        assert len(desk.store.snapshot.workflows(desk.scope).records) == 2500
        print(f"{release}: {per_min:.0f} requests/min")  # noqa: T201  # the figure is the point
        assert per_min <= desk.engine.options.requests_per_min
        assert per_min <= 30


@pytest.mark.parametrize(
    ("fault", "state"), [("html", "stale"), ("server-errors", "stale"), ("reset", "offline")]
)
async def test_a_list_that_breaks_leaves_the_rest_and_comes_back(fault: str, state: str) -> None:
    async with job_desk() as desk:
        id = await desk.start("Good")
        await desk.pass_time(12)
        desk.emulator.fault(fault, path="/webapi/v3/jobs")
        await desk.pass_time(25, step=5)
        assert desk.store.snapshot.health[desk.scope.label].state == state
        assert desk.job(id) is not None
        desk.emulator.faults.clear()
        await desk.pass_time(90, step=5)
        assert desk.store.snapshot.health[desk.scope.label].state == "live"
