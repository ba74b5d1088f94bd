"""What dialogs look like: pictures that a person judged, compared to the cell.

Each test's docstring says what its picture must show. After a change on purpose:
`pytest tests/tui/test_tui_confirm_looks.py --snapshot-update -n 0`, then look at every picture.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.actions import Verb
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.models import Kind
from qsui.domain.pending import Pending, Stage
from qsui.tui.screens.quit_guard import QuitScreen
from qsui.tui.screens.verbs import VerbEntry, VerbsScreen
from tests.support.confirming import actions, board, creation, opened, schedule
from tests.support.dashboard import NIGHT

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.support.dashboard import Dashboard

Compare = Callable[..., bool]
"""The plugin's fixture."""

Act = Callable[["Pilot[None]"], Awaitable[None]]

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


def looks_as_before(compare: Compare, dash: Dashboard, act: Act, *keys: str) -> bool:
    async def after(pilot: Pilot[None]) -> None:
        await dash.press(pilot, *keys)

    prepare = dash.before(first=act, then=after)
    return compare(dash.app, terminal_size=dash.size, run_before=prepare)


def bulk(dash: Dashboard) -> Act:
    """Three marked schedules: one triggered before, one hidden, one refused."""

    async def act(pilot: Pilot[None]) -> None:
        control = dash.session.control
        await control.perform(await control.prepare(actions(dash, Verb.TRIGGER, "orders_rollup")))
        await dash.emulator.advance(60)
        wanted = actions(dash, Verb.TRIGGER, "orders_rollup", "audience_sync", "old_backfill")
        hidden = frozenset({schedule(dash, "audience_sync").ref})
        await opened(dash, pilot, wanted, hidden=hidden, marked=3)

    return act


def one(dash: Dashboard, verb: Verb, name: str, **given: Any) -> Act:
    async def act(pilot: Pilot[None]) -> None:
        await opened(dash, pilot, actions(dash, verb, name, **given))

    return act


@SIZES
def test_trigger_of_marked_ones_in_production(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Amber frame; states and warnings, the left-out one muted; `( Trigger 2 )`, Cancel focused."""
    dash = board(size=size, production=True)
    assert looks_as_before(snap_compare, dash, bulk(dash))


def test_armed(snap_compare: Compare) -> None:
    """The name typed, a reason given: `[ Trigger 2 ]` filled amber while it has the keyboard."""
    dash = board(production=True)
    keys = ("tab", *"again", "tab", *"prod", "tab", "tab")
    assert looks_as_before(snap_compare, dash, bulk(dash), *keys)


def test_typed_wrong(snap_compare: Compare) -> None:
    """The field underlined with its mark at the left, the text in error colour, why below it."""
    dash = board(production=True)
    act = one(dash, Verb.DISABLE, "orders_rollup")
    assert looks_as_before(snap_compare, dash, act, "shift+tab", *"prad")


@SIZES
def test_turn_off(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Frame in the focus colour: u puts it back; the path and the body that are sent."""
    dash = board(size=size)
    assert looks_as_before(snap_compare, dash, one(dash, Verb.DISABLE, "orders_rollup"))


def test_delete(snap_compare: Compare) -> None:
    """Red frame; both requests; the button red only while it has the keyboard."""
    dash = board()
    assert looks_as_before(snap_compare, dash, one(dash, Verb.DELETE, "orders_rollup"), "tab")


def test_new_cadence_in_light(snap_compare: Compare) -> None:
    """The old cadence and the new one; dark text on light ground."""
    dash = board(theme="qsui-light")
    act = one(dash, Verb.SET_CRON, "orders_rollup", cron="30 6 * * *")
    assert looks_as_before(snap_compare, dash, act)


def test_create(snap_compare: Compare) -> None:
    """A new schedule: the call, how to undo it, and what can be changed later."""
    dash = board()

    async def act(pilot: Pilot[None]) -> None:
        query = QueryDraft(sql="INSERT INTO daily_out SELECT * FROM orders")
        draft = ScheduleDraft(query, "0 2 * * *", NIGHT, NIGHT + timedelta(days=90))
        await opened(dash, pilot, creation(dash, Kind.SCHEDULE, "daily_orders", draft))

    assert looks_as_before(snap_compare, dash, act)


def test_outcomes_that_must_be_read(snap_compare: Compare) -> None:
    """Unknown in amber, refused in red, the one that went well last; only Close."""
    dash = board()

    async def act(pilot: Pilot[None]) -> None:
        names = ("orders_rollup", "audience_sync", "profile_merge")
        wanted = actions(dash, Verb.TRIGGER, *names)
        stages = (Stage.SENT, Stage.UNKNOWN, Stage.REFUSED)
        words = ("", "", "The schedule is disabled (409). Turn it on first.")

        async def perform(*_args: Any, **_given: Any) -> tuple[Pending, ...]:
            return tuple(
                Pending(name, action, stage, NIGHT, sent_at=NIGHT, words=said, request_id="8f1c")
                for name, action, stage, said in zip(names, wanted, stages, words, strict=True)
            )

        dash.session.control.perform = perform  # type: ignore[method-assign]  # any outcome
        await opened(dash, pilot, wanted, marked=3)

    assert looks_as_before(snap_compare, dash, act, "tab", "enter")


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # as `--no-color` does before the app is made


@pytest.mark.usefixtures("no_colour")
def test_ascii_without_colour(snap_compare: Compare) -> None:
    """The frame in ASCII; bold and reverse carry what colour does elsewhere."""
    dash = board(production=True, ascii=True, no_color=True)
    assert looks_as_before(snap_compare, dash, bulk(dash))


@pytest.mark.parametrize("size", [(40, 12), (20, 5)], ids=["40x12", "20x5"])
def test_small(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Full width; the buttons stay in sight, and how much is hidden below."""
    dash = board(size=size, production=True)
    assert looks_as_before(snap_compare, dash, bulk(dash))


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=["80x24", "40x12"])
def test_the_menu_of_verbs(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Letters in the focus colour, refused verbs grey with why beside them."""
    dash = board(size=size)

    async def act(pilot: Pilot[None]) -> None:
        entries = (
            VerbEntry("trigger", "t", "Trigger now"),
            VerbEntry("enable", "s", "Turn on", "it is on already"),
            VerbEntry("set-cron", "e", "Edit the cadence"),
            VerbEntry("delete", "D", "Delete"),
        )
        dash.app.push_screen(VerbsScreen("orders_rollup", entries))
        await dash.press(pilot, "down")

    assert looks_as_before(snap_compare, dash, act)


def test_leaving_with_open_actions(snap_compare: Compare) -> None:
    """Each open action by name with how it stands; Stay has the keyboard."""
    dash = board()

    async def act(pilot: Pilot[None]) -> None:
        [trigger] = actions(dash, Verb.TRIGGER, "orders_rollup")
        [delete] = actions(dash, Verb.DELETE, "old_backfill")
        sent = NIGHT - timedelta(seconds=22)
        under_way = (
            Pending("1", trigger, Stage.SENT, sent, sent_at=sent),
            Pending("2", delete, Stage.UNKNOWN, sent, sent_at=sent),
        )
        dash.app.push_screen(QuitScreen(under_way))
        await dash.press(pilot)

    assert looks_as_before(snap_compare, dash, act)
