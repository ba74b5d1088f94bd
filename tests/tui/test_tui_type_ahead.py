"""Keys that come faster than dialogs open: each meets what the one before it did."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from textual.events import Paste
from textual.widgets import Input

from qsui.domain.actions import Verb
from qsui.tui.screens.confirm import ConfirmScreen
from qsui.tui.screens.cron_editor import CronEditorScreen
from tests.support.confirming import actions, board, key_event, opened

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from qsui.tui.type_ahead import TypeAheadApp
    from tests.support.dashboard import Dashboard

pytestmark = pytest.mark.anyio


async def burst(dash: Dashboard, pilot: Pilot[None], *keys: Any) -> None:
    """Let keys and pastes arrive in one packet."""
    for key in keys:
        dash.app.post_message(key_event(key) if isinstance(key, str) else key)
    await settle(dash.app)
    await dash._settle(pilot)


async def settle(app: TypeAheadApp) -> None:
    """Wait until every key has come and was given out."""
    came = asyncio.Event()
    app.call_later(came.set)
    await came.wait()
    while app.keys_wait:  # noqa: ASYNC110  # each turn of the loop is progress
        await asyncio.sleep(0)


def field(dash: Dashboard, id: str) -> str:
    return dash.app.screen.query_one(f"#{id}", Input).value


async def test_what_is_typed_right_behind_the_key_of_a_dialog_goes_into_it() -> None:
    dash = board()
    async with dash.running() as pilot:
        await burst(dash, pilot, "e", *"30 */6 * * *")
        assert isinstance(dash.app.screen, CronEditorScreen)
        assert field(dash, "cron") == "30 */6 * * *"
        assert len(dash.app.screen_stack) == 2


async def test_keys_behind_tab_go_to_the_field_behind_it() -> None:
    dash = board(production=True)
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        await burst(dash, pilot, "tab", *"again", "tab", Paste("pr"), *"od", "enter")
        assert (field(dash, "reason"), field(dash, "arm")) == ("again", "prod")
        assert "[ Trigger ]" in play.text
        assert play.writes() == {}


@pytest.mark.parametrize("keys", ["t", "s"])
async def test_nothing_typed_before_the_plan_is_shown_answers_it(keys: str) -> None:
    dash = board()
    async with dash.running() as pilot:
        early = [key_event(key) for key in ("y", "enter")]
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        await dash.press(pilot, "tab", "tab")
        play.screen.query_one("#act").focus()
        await burst(dash, pilot, *early)
        assert play.is_open
        assert play.writes() == {}
        await dash.press(pilot, "escape")
        await burst(dash, pilot, keys, "y", "tab", "enter", "y")
        assert play.writes() == {}


async def test_a_burst_that_leaves_a_dialog_acts_on_what_was_below() -> None:
    dash = board()
    async with dash.running() as pilot:
        await burst(dash, pilot, "e", "escape", "t")
        assert isinstance(dash.app.screen, ConfirmScreen)
        await burst(dash, pilot, "escape", "slash", *"ord")
        assert len(dash.app.screen_stack) == 1
        assert dash.app.screen.query_one(Input).value == "ord"


async def test_a_widget_that_goes_takes_no_key_of_others_with_it() -> None:
    dash = board()
    async with dash.running() as pilot:
        await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        screen = dash.app.screen
        for key in ("tab", *"abc"):
            dash.app.post_message(key_event(key))
        screen.dismiss(None)
        await settle(dash.app)
        await burst(dash, pilot, "e", *"1 2 3 4 5")
        assert isinstance(dash.app.screen, CronEditorScreen)
        assert field(dash, "cron") == "1 2 3 4 5"


async def test_a_paste_of_many_lines_is_one_line_and_a_huge_one_is_cut() -> None:
    dash = board()
    async with dash.running() as pilot:
        play = await opened(dash, pilot, actions(dash, Verb.TRIGGER, "orders_rollup"))
        await burst(dash, pilot, "shift+tab", Paste("one\r\n  two\n\x1b[31mthree\n"))
        assert field(dash, "reason") == "one two \\x1b[31mthree"
        await burst(dash, pilot, Paste("y" * 1_000_000))
        assert len(field(dash, "reason")) == 500
        assert "too long for the field" in play.text
