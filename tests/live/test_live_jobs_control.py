"""Acting on workflows, jobs and their schedules, on the emulator: from the plan to the effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.actions import Verb
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Stage
from qsui.domain.states import RunState, ScheduleState
from qsui.emulator.alteryx.seeds import ScheduleSeed
from tests.live.desk import MemoryJournal
from tests.live.job_desk import JobDesk, job_desk
from tests.support.alteryx import OWNER, small_scene

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.anyio
RELEASES = ["2024.2", "2025.1", "current"]
NIGHTLY, OFF = "nightly", "paused"


def scene() -> Any:
    daily = {"startTime": "2026-01-01T02:30:00", "iterationType": "Daily", "dailyContract": {}}
    return small_scene(
        schedules=(
            ScheduleSeed(NIGHTLY, "Good", OWNER, daily),
            ScheduleSeed(OFF, "Warns", OWNER, daily, enabled=False),
        )
    )


def workflow(desk: JobDesk, name: str = "Good") -> Ref:
    return desk.ref(Kind.WORKFLOW, desk.emulator.workflow_id(name))


def warned(warnings: Sequence[str], words: str) -> bool:
    return any(words in warning for warning in warnings)


@pytest.mark.parametrize("release", RELEASES)
async def test_a_triggered_workflow_is_done_when_its_job_is_read(release: str) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        plan = await desk.plan(Verb.TRIGGER, workflow(desk))
        assert "job" in plan.done
        assert "job (u)" in plan.undo
        (pending,) = await desk.control.perform(plan)
        assert pending.stage is Stage.SENT
        assert pending.created_id
        assert "job" in pending.words
        done = await desk.finish(pending)
        assert done.stage is Stage.DONE
        assert done.result == desk.ref(Kind.JOB, pending.created_id)
        job = desk.job(pending.created_id)
        assert job is not None
        assert job.state.is_active
        assert desk.writes() == [f"POST v3/workflows/{workflow(desk).id}/jobs"]


async def test_a_schedule_is_triggered_by_its_workflow_and_says_so() -> None:
    async with job_desk(scene()) as desk:
        schedule = await desk.schedule(OFF)
        plan = await desk.plan(Verb.TRIGGER, schedule.ref)
        (target,) = plan.targets
        assert warned(target.warnings, "runs the workflow now")
        assert warned(target.warnings, "the schedule is off")
        (pending,) = await desk.control.perform(plan)
        done = await desk.finish(pending)
        assert done.stage is Stage.DONE
        assert done.result is not None
        assert done.result.kind is Kind.JOB


async def test_a_trigger_tells_of_jobs_that_go_or_wait() -> None:
    async with job_desk() as desk:
        await desk.start("Good")
        await desk.start("Good")
        await desk.emulator.advance(10)
        plan = await desk.plan(Verb.TRIGGER, workflow(desk))
        (target,) = plan.targets
        assert warned(target.warnings, "2 jobs of it go")
        assert warned(target.warnings, "a job waits in the queue already")


async def test_a_second_trigger_while_the_first_is_open_needs_a_reason() -> None:
    async with job_desk() as desk:
        await desk.act(Verb.TRIGGER, workflow(desk))
        plan = await desk.plan(Verb.TRIGGER, workflow(desk))
        assert plan.must_argue
        assert warned(plan.targets[0].warnings, "no job seen yet")


@pytest.mark.parametrize("release", ["2025.1", "current"])
async def test_a_running_job_is_cancelled(release: str) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        id = await desk.start("Good")
        await desk.pass_time(12)
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        (target,) = plan.targets
        assert warned(target.warnings, "it is cancelled and its row stays")
        assert (target.before, target.after) == ("running", "cancelled")
        (pending,) = await desk.control.perform(plan)
        done = await desk.finish(pending)
        assert done.stage is Stage.DONE
        job = desk.job(id)
        assert job is not None
        assert job.state is RunState.CANCELLED


@pytest.mark.parametrize("release", ["2025.1", "current"])
async def test_a_waiting_job_is_deleted_from_the_queue(release: str) -> None:
    async with job_desk(emulated={"release": release}) as desk:
        await desk.start("Good")
        await desk.emulator.advance(5)
        id = await desk.start("Bad")
        await desk.pass_time(12)
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        (target,) = plan.targets
        assert warned(target.warnings, "deleted from the queue")
        (pending,) = await desk.control.perform(plan)
        done = await desk.finish(pending)
        assert done.stage is Stage.DONE
        assert "left the queue" in done.words
        assert desk.job(id) is None


async def test_a_job_that_starts_while_the_dialog_is_open_is_not_cancelled() -> None:
    async with job_desk() as desk:
        first = await desk.start("Good")
        await desk.emulator.advance(5)
        id = await desk.start("Bad")
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        async with desk.emulator.client() as http:
            await http.delete(f"v3/jobs/{first}")
        await desk.emulator.advance(15)
        (pending,) = await desk.control.perform(plan)
        assert pending.stage is Stage.REFUSED
        assert "it is running now" in pending.words
        assert not desk.writes()


async def test_a_job_that_ends_before_the_cancel_comes_is_left_alone() -> None:
    async with job_desk() as desk:
        id = await desk.start("Good")
        await desk.emulator.advance(10)
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        await desk.emulator.advance(200)
        (pending,) = await desk.control.perform(plan)
        assert pending.stage is Stage.REFUSED
        assert "ended already" in pending.words
        assert not desk.writes()


async def test_an_older_server_has_no_cancel_and_says_so() -> None:
    async with job_desk(emulated={"release": "2024.2"}) as desk:
        id = await desk.start("Good")
        await desk.emulator.advance(10)
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        (pending,) = await desk.control.perform(plan)
        assert pending.stage is Stage.REFUSED
        assert "has no cancel" in pending.words
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        assert "has no cancel" in plan.targets[0].refusal


@pytest.mark.parametrize("release", RELEASES)
async def test_a_schedule_goes_off_and_its_undo_turns_it_on(release: str) -> None:
    async with job_desk(scene(), emulated={"release": release}) as desk:
        schedule = await desk.schedule(NIGHTLY)
        done = await desk.finish(await desk.act(Verb.DISABLE, schedule.ref))
        assert done.stage is Stage.DONE
        assert (await desk.schedule(NIGHTLY)).state is ScheduleState.DISABLED
        (deed,) = desk.control.deeds()
        plan = await desk.control.prepare_undo(deed)
        assert plan.to_send, plan.targets[0].refusal
        (pending,) = await desk.control.perform(plan)
        assert (await desk.finish(pending)).stage is Stage.DONE
        assert (await desk.schedule(NIGHTLY)).state is ScheduleState.ENABLED


@pytest.mark.parametrize("release", RELEASES)
async def test_a_cadence_is_set_and_seen(release: str) -> None:
    async with job_desk(scene(), emulated={"release": release}) as desk:
        schedule = await desk.schedule(NIGHTLY)
        await desk.engine.read_schedule(schedule.id)
        pending = await desk.act(Verb.SET_CRON, schedule.ref, cron="15 4 * * 1")
        done = await desk.finish(pending)
        assert done.stage is Stage.DONE
        assert desk.control.deeds()[0].intent.after == "15 4 * * 1"


async def test_the_undo_of_a_trigger_cancels_its_job() -> None:
    async with job_desk() as desk:
        done = await desk.finish(await desk.act(Verb.TRIGGER, workflow(desk)))
        await desk.emulator.advance(10)
        (deed,) = desk.control.deeds()
        plan = await desk.control.prepare_undo(deed)
        (target,) = plan.to_send
        assert target.action.target == done.result
        (pending,) = await desk.control.perform(plan)
        assert (await desk.finish(pending)).stage is Stage.DONE


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_trigger_whose_answer_was_lost_is_looked_for(is_done: bool) -> None:
    async with job_desk() as desk:
        old = await desk.start("Good")
        await desk.emulator.advance(30)
        desk.lossy.loses, desk.lossy.is_done = "POST", is_done
        pending = await desk.act(Verb.TRIGGER, workflow(desk))
        assert pending.stage is Stage.UNKNOWN
        last = await desk.finish(pending)
        if is_done:
            assert last.stage is Stage.DONE
            assert last.result is not None
            assert last.result.id != old
        else:
            assert last.stage is Stage.NO_EFFECT
            assert "no job was seen" in last.words
        assert len(desk.writes()) == 1


async def test_two_new_jobs_after_a_lost_answer_cannot_be_told_apart() -> None:
    async with job_desk() as desk:
        desk.lossy.loses = "POST"
        pending = await desk.act(Verb.TRIGGER, workflow(desk))
        await desk.start("Good")
        last = await desk.finish(pending)
        assert last.stage is Stage.UNKNOWN
        assert "2 jobs came since" in last.words


async def test_what_an_ended_process_left_open_is_found_by_the_next() -> None:
    async with job_desk() as desk:
        await desk.act(Verb.TRIGGER, workflow(desk))
        journal = desk.journal
        assert isinstance(journal, MemoryJournal)
        next_one = JobDesk(desk.emulator, journal=journal)
        try:
            (pending,) = await next_one.control.recover()
            done = await next_one.finish(pending)
            assert done.stage is Stage.DONE
            assert done.result is not None
        finally:
            await next_one.backend.aclose()


async def test_a_server_without_sandboxes_is_production_unless_told() -> None:
    from qsui.live.control import Control

    async with job_desk() as desk:
        plain = Control(desk.engine, desk.store, desk.backend, None, desk.clock)
        assert await plain.is_production()
        assert not await desk.control.is_production()
        plan = await desk.plan(Verb.TRIGGER, workflow(desk))
        assert plan.typed == "ayx"


async def test_read_only_lets_nothing_out() -> None:
    async with job_desk(scene(), read_only=True) as desk:
        schedule = await desk.schedule(NIGHTLY)
        for verb, ref in ((Verb.TRIGGER, workflow(desk)), (Verb.DISABLE, schedule.ref)):
            plan = await desk.plan(verb, ref)
            assert "read-only" in plan.targets[0].refusal
        assert not desk.writes()


@pytest.mark.parametrize("kind", [Kind.RUN, Kind.QUERY, Kind.TEMPLATE])
async def test_kinds_that_the_server_does_not_have_are_gone(kind: Kind) -> None:
    async with job_desk() as desk:
        plan = await desk.plan(Verb.CANCEL, desk.ref(kind, "1"))
        assert plan.targets[0].refusal == "it is gone"


async def test_a_wrong_role_is_told() -> None:
    async with job_desk(key="member", emulated={"release": "current"}) as desk:
        id = await desk.start("Good")
        plan = await desk.plan(Verb.CANCEL, desk.ref(Kind.JOB, id))
        assert plan.targets[0].refusal
        assert not desk.writes()
