"""The confirm dialog, played on the emulator: what is sent, what is not, and what is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.actions import Action, Verb
from qsui.domain.errors import Unreachable
from qsui.domain.pending import Stage
from tests.support.confirming import Play, actions, board, opened, schedule

if TYPE_CHECKING:
    from qsui.domain.ports import Accepted, Outgoing
    from qsui.live.plans import Plan

pytestmark = pytest.mark.anyio


async def test_nothing_is_sent_by_what_a_person_presses_first() -> None:
    for key in ("escape", "enter", "n"):
        dash = board()
        async with dash.running() as pilot:
            play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
            await play.press(key)
            assert play.answers == [None]
            assert play.writes() == {}


async def test_the_button_sends_and_the_dialog_goes() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        assert "Trigger orders_rollup" in play.text
        assert "on, nothing running" in play.text
        assert "[ Trigger ]" in play.text
        await play.press("tab", "enter")
        [outcome] = play.answers
        assert outcome is not None
        assert [pending.stage for pending in outcome] == [Stage.SENT]
        assert sum(play.writes().values()) == 1


async def test_letters_answer_outside_production_while_a_button_has_the_keyboard() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.DISABLE, "orders_rollup"))
        await play.press("shift+tab", "y", "n", "C")  # in the field they are typed
        assert play.screen.query_one("#reason").value == "ynC"  # type: ignore[attr-defined]  # an Input
        assert play.writes() == {}
        await play.press("tab", "y")
        assert sum(play.writes().values()) == 1
        assert not play.is_open


async def test_production_is_armed_by_its_name_only() -> None:
    dash = board(production=True)
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        assert "( Trigger )" in play.text
        assert "Type the sandbox name, prod, to arm" in play.text
        await play.press("y", "right", "enter")
        assert "Type prod first, to arm the button." in play.text
        await play.press("tab", "tab", *"pros")
        assert "'pros' is not prod" in play.text
        assert "( Trigger )" in play.text
        await play.press("enter", "right", "enter")  # Enter in the field presses nothing
        assert "Type prod first, to arm the button." in play.text
        assert play.writes() == {}
        await play.press("backspace", "d")
        assert "[ Trigger ]" in play.text
        await play.press("enter")  # the name is right: on to the button
        assert play.writes() == {}
        await play.press("enter")
        assert sum(play.writes().values()) == 1


async def test_what_is_refused_or_hidden_is_said_and_only_the_rest_goes() -> None:
    dash = board(size=(120, 36))
    async with dash.running() as pilot:
        wanted = actions(dash, Verb.TRIGGER, "orders_rollup", "audience_sync", "old_backfill")
        hidden = frozenset({schedule(dash, "audience_sync").ref})
        play = await opened(dash, pilot, wanted, hidden=hidden, marked=3)
        assert "Trigger 2 of 3 marked schedules" in play.text
        assert "left out: it is off, the API would refuse" in play.text
        [line] = [
            line for line in play.text.split("\n") if line.strip(" │").startswith("audience_s")
        ]
        assert "hidden by the filter" in line
        assert "2 POST run calls" in play.text
        assert play.text.count("a second run adds the same rows again") == 1
        await play.press("tab", "enter")
        assert sum(play.writes().values()) == 2
        [outcome] = play.answers
        assert outcome is not None
        assert {pending.action.name for pending in outcome} == {"orders_rollup", "audience_sync"}


async def test_with_nothing_to_send_there_is_only_close() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "old_backfill"))
        assert "[ Close ]" in play.text
        assert "Reason" not in play.text
        await play.press("tab", "enter")
        assert play.answers == [None]
        assert play.writes() == {}


async def test_a_second_trigger_must_be_argued_for() -> None:
    dash = board()
    async with dash.running() as pilot:
        wanted = actions(dash, Verb.TRIGGER, "orders_rollup")
        await dash.session.control.perform(await dash.session.control.prepare(wanted))
        play = await opened(dash, pilot, wanted)
        assert "( Trigger )" in play.text
        assert "needed here" in play.text
        await play.press("y", "right", "enter")
        assert "Give a reason first" in play.text
        assert sum(play.writes().values()) == 1
        await play.press("tab", *"again", "enter", "tab", "enter")
        assert sum(play.writes().values()) == 2
        assert play.answers[0] is not None
        assert play.answers[0][0].reason == "again"


@pytest.mark.parametrize("keys", [("enter",) * 5, ("y",) * 5], ids=["enter", "y"])
async def test_a_key_held_down_sends_once(keys: tuple[str, ...]) -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        await play.press("tab")
        await play.hurry(*keys)
        assert sum(play.writes().values()) == 1
        assert len(play.answers) == 1


async def test_asked_twice_to_leave_it_takes_nothing_else_away() -> None:
    dash = board()
    async with dash.running() as pilot:
        await dash.press(pilot, "d")  # one screen deeper
        below = dash.app.screen
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        dialog = play.screen
        dialog.action_cancel()
        dialog.action_cancel()
        await dash.press(pilot)
        assert play.answers == [None]
        assert dash.app.screen is below
        assert play.writes() == {}


async def test_an_answer_that_comes_while_help_is_read_ends_the_dialog_afterwards() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        may_go, control = asyncio.Event(), dash.session.control
        perform = control.perform

        async def slow(plan: Plan, **given: Any) -> Any:
            await may_go.wait()
            return await perform(plan, **given)

        control.perform = slow  # type: ignore[method-assign]  # an answer that takes its time
        await pilot.press("tab", "enter", "f1")
        await dash.until(pilot, lambda: "cannot be called back, so" in play.words)
        may_go.set()
        await dash._settle(pilot)
        assert play.answers == []
        await play.press("escape")
        assert len(play.answers) == 1
        assert not play.is_open


async def test_a_lost_answer_stays_on_the_screen_as_unknown() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        send = dash.session.backend.send

        async def lose(outgoing: Outgoing) -> Accepted:
            dash.emulator.fault("lost-answer", count=1)
            return await send(outgoing)

        dash.session.backend.send = lose  # type: ignore[method-assign]  # only the write is lost
        await play.press("tab", "enter")
        assert play.is_open
        assert "outcome unknown" in play.text
        assert "Do not repeat it" in play.words
        assert "[ Close ]" in play.text
        await play.press("enter")
        assert play.answers[0] is not None
        assert [pending.stage for pending in play.answers[0]] == [Stage.UNKNOWN]
        assert sum(play.writes().values()) == 1


async def test_what_the_server_refuses_is_read_before_the_dialog_goes() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.DISABLE, "orders_rollup"))
        dash.emulator.fault("server-errors", "503")
        await play.press("tab", "enter")
        assert play.is_open
        assert "[ Close ]" in play.text
        assert "orders_rollup" in play.text
        await play.press("escape")
        assert play.answers[0]


async def test_a_target_that_cannot_be_read_is_left_out_and_says_so() -> None:
    dash = board()
    async with dash.running() as pilot:
        dash.emulator.fault("server-errors", "500", path="/schedules/")
        play = await opened(dash, pilot, actions(dash, Verb.DISABLE, "orders_rollup"))
        assert "left out: it could not be read" in play.text
        assert "[ Close ]" in play.text


async def test_a_plan_that_cannot_be_made_says_why() -> None:
    dash = board()
    async with dash.running() as pilot:

        async def plan_of() -> Plan:
            raise Unreachable("acme/prod cannot be reached: \x1b[31mno[/x] route")

        play = await opened(dash, pilot, (), plan_of=plan_of)
        assert "cannot be reached" in play.text
        assert "\x1b" not in play.text
        await play.press("enter")
        assert play.answers == [None]


async def test_nothing_can_be_pressed_while_it_reads() -> None:
    dash = board()
    async with dash.running() as pilot:
        may_go = asyncio.Event()
        wanted = actions(dash, Verb.TRIGGER, "orders_rollup")

        async def plan_of() -> Plan:
            await may_go.wait()
            return await dash.session.control.prepare(wanted)

        play = Play(dash, pilot)
        dash.app.push_screen(_dialog(plan_of, marked=3), play.answers.append)
        await dash.until(pilot, lambda: play.is_open and "Reading the state" in play.text)
        assert "Reading the state of 3 marked rows …" in play.text
        await pilot.press("y", "C", "tab")
        may_go.set()
        await dash._settle(pilot)
        assert play.writes() == {}
        assert "[ Trigger 1 ]" not in play.text
        assert dash.app.focused is not None
        assert dash.app.focused.id == "cancel"


async def test_what_has_left_cannot_be_called_back() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        may_go, control = asyncio.Event(), dash.session.control
        perform = control.perform

        async def slow(plan: Plan, **given: Any) -> Any:
            await may_go.wait()
            return await perform(plan, **given)

        control.perform = slow  # type: ignore[method-assign]  # an answer that takes its time
        await pilot.press("tab", "enter")
        await dash.until(pilot, lambda: "Sending" in play.text)
        await pilot.press("escape", "enter", "y")
        await dash.until(pilot, lambda: "cannot be called back" in play.text)
        assert play.answers == []
        may_go.set()
        await dash._settle(pilot)
        assert len(play.answers) == 1
        assert sum(play.writes().values()) == 1


async def test_what_has_not_left_can_be_stopped_and_is_counted() -> None:
    dash = board()
    async with dash.running() as pilot:
        wanted = actions(dash, Verb.TRIGGER, "orders_rollup", "audience_sync")
        play = await opened(dash, pilot, wanted)
        stop_asked, backend = asyncio.Event(), dash.session.backend
        send = backend.send

        async def slow(outgoing: Outgoing) -> Accepted:
            await stop_asked.wait()
            return await send(outgoing)

        backend.send = slow  # type: ignore[method-assign]  # an answer that takes its time
        await pilot.press("tab", "enter")
        await dash.until(pilot, lambda: "Sending 1 of 2" in play.text)
        assert "[ Stop ]" in play.text
        await pilot.press("escape")
        await dash.until(pilot, lambda: "stops after the one under way" in play.text)
        stop_asked.set()
        await dash._settle(pilot)
        assert "Stopped: 1 of 2 were not sent." in play.text
        assert sum(play.writes().values()) == 1
        await play.press("enter")
        assert len(play.answers) == 1


async def test_without_a_journal_that_can_be_written_it_is_pressed_twice() -> None:
    dash = board()
    async with dash.running() as pilot:
        wanted = actions(dash, Verb.DISABLE, "orders_rollup")

        async def plan_of() -> Plan:
            plan = await dash.session.control.prepare(wanted)
            return replace(plan, journal_trouble="The journal cannot be written: the disk is full.")

        play = await opened(dash, pilot, wanted, plan_of=plan_of)
        assert "the disk is full" in play.text
        assert "( Turn off, unrecorded )" in play.text
        await play.press("y")
        assert play.writes() == {}
        await play.press("tab", "enter", "enter")  # the second one meets Cancel
        assert play.answers == [None]
        assert play.writes() == {}
        play = await opened(dash, pilot, wanted, plan_of=plan_of)
        await play.press("tab", "enter")
        assert "[ Turn off, unrecorded ]" in play.text
        await play.press("tab", "enter")
        assert sum(play.writes().values()) == 1


async def test_a_read_only_profile_can_only_close_it() -> None:
    dash = board(read_only=True)
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        assert "left out:" in play.text
        assert "read-only" in play.text
        await play.press("y", "tab", "enter")
        assert play.writes() == {}


async def test_every_target_can_be_read_however_many_there_are() -> None:
    dash = board(size=(80, 24))
    async with dash.running() as pilot:
        [one] = actions(dash, Verb.DISABLE, "orders_rollup")
        many = tuple(replace(one, name=f"schedule_{at:02d}") for at in range(15))

        async def plan_of() -> Plan:
            plan = await dash.session.control.prepare((one,))
            [target] = plan.targets
            targets = tuple(replace(target, action=action) for action in many)
            return replace(plan, targets=targets)

        play = await opened(dash, pilot, (), plan_of=plan_of, marked=15)
        seen = _names(play.text)
        assert "more, Down shows them" in play.text
        for _ in range(15):
            await pilot.press("down")
            await pilot.pause()
            seen |= _names(play.text)
        assert len(seen) == 15


async def test_the_requests_are_copied_as_curl_without_secrets() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.DISABLE, "orders_rollup"))
        await play.press("C")
        copied = dash.app.clipboard
        assert copied.startswith("curl ")
        assert "PATCH" in copied
        assert "$QSUI_ACCESS_TOKEN" in copied
        assert play.writes() == {}


async def test_help_says_why_it_asks_and_comes_back() -> None:
    dash = board(production=True, size=(120, 36))
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.DELETE, "old_backfill"))
        await play.press("f1")
        assert "counts as production" in play.text
        await play.press("escape")
        assert play.is_open
        assert "Delete schedule old_backfill" in play.text


async def test_the_reason_given_before_is_sent_along() -> None:
    dash = board()
    async with dash.running() as pilot:
        wanted = actions(dash, Verb.SET_CRON, "orders_rollup", cron="30 6 * * *")
        play = await opened(dash, pilot, wanted, reason="OPS-4121 moved")
        assert "0 * * * * -> 30 6 * * *" in play.text
        await play.press("tab", "enter")
        assert play.answers[0] is not None
        assert play.answers[0][0].reason == "OPS-4121 moved"


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 16), (200, 50)])
async def test_it_works_in_every_size(size: tuple[int, int]) -> None:
    dash = board(size=size, production=True)
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.DISABLE, "orders_rollup"))
        assert "Cancel" in play.text
        await play.press("right", "enter")  # not armed
        assert play.is_open
        await play.press("tab", "tab", *"prod")
        assert "prod" in play.text
        await play.press("enter", "enter")
        assert sum(play.writes().values()) == 1


async def test_many_datasets_leave_the_targets_in_sight() -> None:
    dash = board(production=True)
    async with dash.running() as pilot:
        wanted = actions(dash, Verb.TRIGGER, "orders_rollup")

        async def plan_of() -> Plan:
            plan = await dash.session.control.prepare(wanted)
            writes = tuple(f"dataset_number_{n}" for n in range(30))
            return replace(plan, targets=(replace(plan.targets[0], writes=writes),))

        play = await opened(dash, pilot, wanted, plan_of=plan_of)
        assert "dataset_number_0, dataset_number_1" in play.words
        shown = play.words.count("dataset_number_")
        assert f"and {30 - shown} more" in play.words
        assert "to arm" in play.words


async def test_the_explanation_says_how_much_of_it_is_below() -> None:
    dash = board(size=(40, 12))
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        await play.press("question_mark")
        assert "Nothing was sent yet." in play.words
        assert "more" in play.text.split("\n")[-3]
        await play.press("question_mark")
        assert play.is_open


async def test_a_hostile_name_is_shown_harmless() -> None:
    dash = board()
    async with dash.running() as pilot:
        [one] = actions(dash, Verb.DISABLE, "orders_rollup")
        bad = Action(one.verb, one.target, "[/x]\x1b[31m\n[red]name")
        play = await opened(dash, pilot, (bad,))
        assert "[/x]\\x1b[31m [red]name" in play.text


def _dialog(plan_of: Any, **given: Any) -> Any:
    from qsui.tui.screens.confirm import ConfirmScreen

    return ConfirmScreen(plan_of, **given)


def _names(text: str) -> set[str]:
    return {word for word in text.split() if word.startswith("schedule_")}
