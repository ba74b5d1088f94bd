"""Putting actions back, and what cannot be put back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind
from qsui.domain.pending import Stage
from qsui.domain.states import ScheduleState
from tests.live.desk import LONG, OFF, ONE, Desk, desk

pytestmark = pytest.mark.anyio


async def patch(it: Desk, name: str, path: str, value: str) -> None:
    """Somebody else changes a schedule."""
    async with it.emulator.client() as http:
        change = {"body": [{"op": "replace", "path": path, "value": value}]}
        assert (await http.patch(f"/schedules/{it.id_of(name)}", json=change)).status_code == 202


async def refused(it: Desk) -> str:
    """Why the last action cannot be put back."""
    plan = await it.control.prepare_undo(it.control.deeds()[-1])
    assert plan.to_send == ()
    return plan.targets[0].refusal


async def test_turning_off_is_put_back_and_then_cannot_be_again() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.DISABLE))
        (deed,) = it.control.deeds()
        plan = await it.control.prepare_undo(deed)
        assert [target.action.verb for target in plan.to_send] == [Verb.ENABLE]
        (sent,) = await it.control.perform(plan)
        assert sent.action.undoes == deed.id
        assert (await it.finish(sent)).stage is Stage.DONE
        assert (await it.schedule()).state is ScheduleState.ENABLED
        first, second = it.control.deeds()
        assert first.undone_by == second.id
        again = await it.control.prepare_undo(first)
        assert again.targets[0].refusal == "it was put back already"


async def test_turning_on_is_put_back() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.ENABLE, OFF))
        plan = await it.control.prepare_undo(it.control.deeds()[-1])
        (sent,) = await it.control.perform(plan)
        assert (await it.finish(sent)).stage is Stage.DONE
        assert (await it.schedule(OFF)).state is ScheduleState.DISABLED


async def test_the_old_cadence_is_put_back() -> None:
    async with desk() as it:
        (sent,) = await it.act(it.action(Verb.SET_CRON, cron="1 2 * * *"))
        await it.finish(sent)
        plan = await it.control.prepare_undo(it.control.deeds()[-1])
        (target,) = plan.to_send
        assert (target.before, target.after) == ("1 2 * * *", "0 * * * *")
        (back,) = await it.control.perform(plan)
        assert (await it.finish(back)).stage is Stage.DONE
        assert (await it.schedule()).cron == "0 * * * *"


async def test_what_somebody_changed_since_is_left_alone_and_it_is_said_who_and_when() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.DISABLE))
        await it.clock.sleep(600)
        await patch(it, ONE, "/schedule/schedule", "7 7 * * *")
        updated_by = (await it.schedule()).updated_by
        assert await refused(it) == f"{updated_by} changed it at 2026-01-14 12:10Z"


async def test_what_is_no_longer_as_it_was_put_is_left_alone() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.DISABLE))
        await patch(it, ONE, "/state", "enable")
        assert (await refused(it)).endswith("it no longer is what was put")


async def test_own_later_changes_do_not_stand_in_the_way() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.DISABLE))
        (sent,) = await it.act(it.action(Verb.SET_CRON, cron="1 2 * * *"))
        await it.finish(sent)
        plan = await it.control.prepare_undo(it.control.deeds()[0])
        assert len(plan.to_send) == 1


async def test_a_change_between_the_dialog_and_the_button_stops_an_undo() -> None:
    async with desk() as it:
        (sent,) = await it.act(it.action(Verb.SET_CRON, cron="1 2 * * *"))
        await it.finish(sent)
        plan = await it.control.prepare_undo(it.control.deeds()[-1])
        await patch(it, ONE, "/schedule/schedule", "7 7 * * *")
        (stopped,) = await it.control.perform(plan)
        assert stopped.stage is Stage.REFUSED
        assert (await it.schedule()).cron == "7 7 * * *"


async def test_undoing_a_trigger_cancels_its_run_while_it_runs() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.TRIGGER, LONG))
        plan = await it.control.prepare_undo(it.control.deeds()[-1])
        (target,) = plan.to_send
        assert (target.action.verb, target.action.target.kind) == (Verb.CANCEL, Kind.RUN)
        (sent,) = await it.control.perform(plan)
        assert (await it.finish(sent)).stage is Stage.DONE


async def test_a_triggered_run_that_ended_cannot_be_cancelled() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.TRIGGER, LONG))
        await it.clock.sleep(600)
        assert await refused(it) == "it has ended already"


async def test_what_had_no_effect_and_what_cannot_be_brought_back_is_refused() -> None:
    async with desk() as it:
        it.emulator.fault("patch-ignored", count=1)
        await it.finish(await it.act_one(Verb.DISABLE))
        assert await refused(it) == "its effect was not seen"
        await it.finish(await it.act_one(Verb.DELETE, OFF))
        assert (await refused(it)).startswith("what was deleted cannot be brought back")
        run = await it.running()
        (sent,) = await it.act(Action(Verb.CANCEL, run.ref, "a run"))
        await it.finish(sent)
        assert (await refused(it)).startswith("what was cancelled cannot go on")


async def test_another_scope_is_never_touched() -> None:
    async with desk() as it:
        await it.finish(await it.act_one(Verb.DISABLE))
        (deed,) = it.control.deeds()
        other = replace(deed, intent=replace(deed.intent, scope_key="elsewhere"))
        plan = await it.control.prepare_undo(other)
        assert plan.targets[0].refusal == "it was done on another server or sandbox"
