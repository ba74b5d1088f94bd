"""The menu of verbs and the question before leaving, by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.domain.actions import Verb
from qsui.domain.pending import Pending, Stage
from qsui.tui.screens.quit_guard import QuitScreen
from qsui.tui.screens.verbs import VerbEntry, VerbsScreen
from tests.support.confirming import actions, board
from tests.support.dashboard import NIGHT

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.anyio

ENTRIES = (
    VerbEntry("trigger", "t", "Trigger now"),
    VerbEntry("enable", "s", "Turn on", "it is on already"),
    VerbEntry("delete", "D", "Delete"),
)


async def menu(dash: Dashboard, pilot: Pilot[None], *keys: str) -> list[str | None]:
    answers: list[str | None] = []
    dash.app.push_screen(VerbsScreen("orders_rollup", ENTRIES), answers.append)
    await dash.press(pilot, *keys)
    return answers


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("enter",), "trigger"),
        (("D",), "delete"),
        (("down", "down", "enter"), "delete"),
        (("up", "enter"), "delete"),
        (("end", "home", "enter"), "trigger"),
        (("escape",), None),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else str(value),
)
async def test_arrows_enter_and_letters_choose(keys: tuple[str, ...], answer: str | None) -> None:
    dash = board()
    async with dash.running() as pilot:
        assert await menu(dash, pilot, *keys) == [answer]


@pytest.mark.parametrize("keys", [("s",), ("down", "enter")], ids=["letter", "enter"])
async def test_a_refused_verb_says_why_and_stays(keys: tuple[str, ...]) -> None:
    dash = board()
    async with dash.running() as pilot:
        assert await menu(dash, pilot, *keys) == []
        assert "Turn on: it is on already" in dash.line(-2)


async def test_letters_that_are_no_entry_do_nothing() -> None:
    dash = board()
    async with dash.running() as pilot:
        assert await menu(dash, pilot, "x", "d", "2") == []
        assert isinstance(dash.app.screen, VerbsScreen)


async def test_a_menu_longer_than_the_terminal_scrolls_with_its_cursor() -> None:
    dash = board(size=(40, 10))
    async with dash.running() as pilot:
        entries = [VerbEntry(f"v{at}", chr(97 + at), f"Verb {at}") for at in range(12)]
        answers: list[str | None] = []
        dash.app.push_screen(VerbsScreen("many", entries), answers.append)
        await dash.press(pilot, "end")
        assert "Verb 11" in dash.text
        await dash.press(pilot, "enter")
        assert answers == ["v11"]


async def leave(dash: Dashboard, pilot: Pilot[None], *keys: str) -> list[bool | None]:
    answers: list[bool | None] = []
    [action] = actions(dash, Verb.TRIGGER, "orders_rollup")
    under_way = (Pending("1", action, Stage.SENT, NIGHT, sent_at=NIGHT, is_recorded=False),)
    dash.app.push_screen(QuitScreen(under_way), answers.append)
    await dash.press(pilot, *keys)
    return answers


@pytest.mark.parametrize(
    ("keys", "leaves"),
    [(("enter",), False), (("escape",), False), (("tab", "enter"), True), (("y",), True)],
    ids=["enter", "escape", "quit", "y"],
)
async def test_leaving_is_the_second_button(keys: tuple[str, ...], leaves: bool) -> None:
    dash = board()
    async with dash.running() as pilot:
        assert await leave(dash, pilot, *keys) == [leaves]


async def test_what_no_later_start_can_find_is_said() -> None:
    dash = board()
    async with dash.running() as pilot:
        await leave(dash, pilot)
        assert "Trigger orders_rollup" in dash.text
        assert "not in the journal" in dash.text
