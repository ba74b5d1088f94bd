"""What a person does: keys, and what stands on the screen after them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.errors import ConfigError, Unauthorized
from qsui.domain.models import Kind
from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, LiveScope
from qsui.tui.screens.help import HelpScreen
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.screens.queries import QueriesScreen
from qsui.tui.screens.run_detail import RunScreen
from qsui.tui.screens.runs import AllRunsScreen, RunsScreen
from qsui.tui.screens.schedules import SchedulesScreen
from tests.support.dashboard import Dashboard
from tests.support.emulator import OWNER, tiny_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from qsui.tui.options import Session

Scenario = Callable[[Dashboard, "Pilot[None]"], Awaitable[None]]


def play(scenario: Scenario, scene: Any = None, **options: Any) -> QsuiApp:
    """Run a scenario on a dashboard whose every read is done."""
    dash = Dashboard(scene or tiny_scene(), **{"size": (120, 36), **options})

    async def main() -> None:
        async with dash.running() as pilot:
            await scenario(dash, pilot)

    asyncio.run(main())
    return dash.app


def is_on_top(dash: Dashboard, kind: type[object]) -> bool:
    """Whether the screen that a person sees is one of that kind."""
    return isinstance(dash.app.screen, kind)


def rows(dash: Dashboard) -> list[str]:
    """The first words of each row of the list on top, in the order shown."""
    screen = dash.app.screen
    assert isinstance(screen, ListScreen)
    return [str(key) for key in screen.model.view]


def names(dash: Dashboard) -> list[str]:
    """The names of the schedules listed, in the order shown."""
    screen = dash.app.screen
    assert isinstance(screen, SchedulesScreen)
    found = (screen.model.get(key) for key in screen.model.view)
    return [view.schedule.name for view in found if view is not None]


# Filter


def test_the_list_shrinks_while_a_filter_is_typed_and_escape_brings_all_back() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"orders")
        assert names(dash) == ["orders_rollup"]
        assert "1 of 3" in dash.line(2)
        await dash.press(pilot, "enter")
        assert "/ orders" in dash.line(2)
        await dash.press(pilot, "escape")
        assert len(names(dash)) == 3
        assert "/ orders" not in dash.line(2)

    play(scenario)


def test_a_filter_with_a_mistake_keeps_the_rows_and_names_the_nearest_field() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"fail")
        before = names(dash)
        await dash.press(pilot, *">2", "enter")
        assert names(dash) == before != []
        assert 'unknown field "fail"' in dash.line(2)
        assert "fails" in dash.line(2)

    play(scenario)


def test_letters_that_are_keys_elsewhere_are_text_in_the_filter() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"qzn?3")
        assert isinstance(dash.app.screen, SchedulesScreen)
        assert dash.app.screen.filter_text == "qzn?3"
        assert "None of 3 schedules match." in dash.text

    play(scenario)


def test_only_problems() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "exclamation_mark")
        assert names(dash) == ["profile_merge"]
        assert "! problems" in dash.line(2)
        await dash.press(pilot, "exclamation_mark")
        assert len(names(dash)) == 3

    play(scenario)


# Order, columns, zone


def test_the_order_steps_turns_round_and_is_picked() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "greater_than_sign")
        by_name = names(dash)
        assert by_name == sorted(by_name)
        assert "by name" in dash.line(2)
        await dash.press(pilot, "I")
        assert names(dash) == by_name[::-1]
        await dash.press(pilot, "S", "up", "enter")
        assert "by risk" in dash.line(2)
        assert names(dash)[0] == "profile_merge"

    play(scenario)


def test_wide_moves_through_all_columns_and_says_how() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        assert "Owner" not in dash.line(3)
        await dash.press(pilot, "w")
        assert "w wide, l and h move" in dash.line(2)
        await dash.press(pilot, *"lllll")
        assert "Owner" in dash.line(3)
        assert "Name" in dash.line(3)
        await dash.press(pilot, "w")
        assert "Owner" not in dash.line(3)
        assert "wide" not in dash.line(2)

    play(scenario, size=(80, 24))


def test_the_zone_key_writes_times_anew_and_says_which_zone() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        assert "Cadence, UTC" in dash.text
        await dash.press(pilot, "z")
        assert "Cadence, UTC" in dash.text
        assert "05:12" not in dash.line(0)

    async def in_paris(dash: Dashboard, pilot: Pilot[None]) -> None:
        assert dash.app.zone.key == "Europe/Paris"
        await dash.press(pilot, "enter")
        assert "Due, Paris" in dash.text
        await dash.press(pilot, "z")
        assert "Due, UTC" in dash.text

    play(scenario)
    play(in_paris, timezone="Europe/Paris")


# Changes


def test_frozen_rows_wait_and_their_number_is_said() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        before = dash.line(4)[:34]
        assert "failed 3" in before
        await dash.press(pilot, "Z")
        assert "rows frozen" in dash.line(0)
        await dash.step(pilot, 600)
        assert dash.line(4)[:34] == before
        assert dash.app.held_changes > 0
        assert f"{dash.app.held_changes} changes held" in dash.line(-2)
        await dash.press(pilot, "Z")
        assert dash.app.held_changes == 0
        assert dash.line(4)[:34] != before
        assert "changes held" not in dash.text

    play(scenario)


def test_a_new_row_waits_until_it_is_let_in() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        known = names(dash)
        await dash.press(pilot, "down")
        session = dash.session
        records = list(session.store.snapshot.schedules(session.scope).records.values())
        copy = renamed(records[0], "a_new_one")
        session.store.apply(session.scope, Kind.SCHEDULE, "", [copy])
        await pilot.pause()
        assert names(dash) == known
        assert "1 new row waiting" in dash.line(-2)
        await dash.press(pilot, "r")
        assert "a_new_one" in names(dash)
        assert "waiting" not in dash.line(-2)

    play(scenario)


def renamed(schedule: Any, name: str) -> Any:
    from dataclasses import replace

    return replace(schedule, ref=replace(schedule.ref, id=f"id-of-{name}"), name=name)


# The way to an error and back


def test_an_error_is_one_key_away_from_the_first_screen() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "m")
        assert is_on_top(dash, RunScreen)
        assert "Table no_such_table not found" in dash.text
        assert "SELECT * FROM no_such_table" in dash.text

    play(scenario)


def test_an_error_is_reached_by_enter_too_and_back_keeps_the_place() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "down", "up", "enter", "down", "enter")
        assert is_on_top(dash, RunScreen)
        assert "run 2 of" in dash.line(2)
        assert "Table no_such_table not found" in dash.text
        await dash.press(pilot, "escape")
        screen = dash.app.screen
        assert isinstance(screen, RunsScreen)
        assert screen.table.cursor_key == rows(dash)[1]
        await dash.press(pilot, "q")
        assert is_on_top(dash, SchedulesScreen)
        await dash.press(pilot, "escape")
        assert is_on_top(dash, SchedulesScreen)

    play(scenario)


def test_brackets_walk_through_the_runs_and_stop_at_both_ends() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "m")
        assert "run 1 of" in dash.line(2)
        await dash.press(pilot, "left_square_bracket")
        assert "run 1 of" in dash.line(2)
        await dash.press(pilot, "right_square_bracket")
        assert "run 2 of" in dash.line(2)

    play(scenario)


def test_a_run_leads_to_its_query_and_a_query_to_its_run() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "m", "L")
        assert "Queries" in dash.line(2)
        await dash.press(pilot, "L")
        assert is_on_top(dash, RunScreen)
        assert "profile_merge" in dash.line(2)

    play(scenario)


def test_the_next_problem_is_found_from_anywhere() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "end", "n", "m")
        assert "profile_merge" in dash.line(2)

    play(scenario)


# Modes


def test_digits_change_the_mode_and_the_same_digit_goes_to_its_root() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "enter", "enter")
        assert len(dash.app.screen_stack) == 3
        await dash.press(pilot, "4")
        assert is_on_top(dash, QueriesScreen)
        await dash.press(pilot, "minus")
        assert is_on_top(dash, RunScreen)
        await dash.press(pilot, "2")
        assert is_on_top(dash, SchedulesScreen)
        await dash.press(pilot, "3")
        assert is_on_top(dash, AllRunsScreen)
        assert "profile_merge" in dash.text

    play(scenario)


def test_the_keyboard_is_on_the_list_after_every_change_of_mode() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        for key in "3", "4", "2", "4", "3":
            await dash.press(pilot, key)
            assert dash.app.focused is not None
            assert dash.app.focused.id == "list"
            assert "Enter" in dash.line(-1)

    play(scenario)


def test_tab_reaches_the_pane_and_comes_back() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "tab")
        assert dash.app.focused is not None
        assert dash.app.focused.id == "pane-body"
        await dash.press(pilot, "tab")
        assert dash.app.focused.id == "list"

    play(scenario)


# Help, palette, end


def test_help_finds_a_key_by_its_words_and_does_it() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "question_mark")
        assert is_on_top(dash, HelpScreen)
        await dash.press(pilot, *"problems only", "enter")
        assert names(dash) == ["profile_merge"]

    play(scenario)


def test_the_palette_does_what_the_key_does() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "colon", *"freeze", "enter")
        assert dash.app.is_frozen

    play(scenario)


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
def test_the_program_ends_by(key: str) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        del dash
        await pilot.press(key)

    app = play(scenario)
    assert not app.is_running
    assert (app.return_code or 0) == 0


def test_q_goes_back_before_it_ends() -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "enter", "q")
        assert dash.app.is_running
        assert is_on_top(dash, SchedulesScreen)

    play(scenario)


# What the server may send

HOSTILE = "[bold red]x[/] \x1b[31mred\x1b[0m \u202eliam\u202c \u2066 \x07\x00 a\tb\nc"


def hostile_scene() -> Any:
    sql = "SELECT '" + HOSTILE + "', '" + "y" * 1_000_000 + "' FROM no_such_table"
    name = "[link=file:///x]k[/link]\x1b]0;title\x07\u202e[/b]"
    seed = ScheduleSeed(
        name, sql, "*/10 * * * *", OWNER, base_s=30, start_lag_s=5, created_days_ago=0.1,
        history="xx", description=HOSTILE,
    )  # fmt: skip
    return tiny_scene(seed)


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("enter",),
        ("m",),
        ("3",),
        ("4",),
        ("4", "enter"),
        ("y",),
        ("X",),
        ("slash", *"[red]\u202e", "enter"),
    ],
    ids=["schedules", "runs", "run", "all-runs", "queries", "query", "raw", "why", "filter"],
)
def test_server_text_is_shown_as_text(keys: tuple[str, ...]) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "n", "n", *keys)
        assert_harmless(dash.text)

    play(scenario, hostile_scene(), size=(120, 36))


def assert_harmless(text: str) -> None:
    """No control, escape or direction character reaches the terminal."""
    bad = {char for char in text if char != "\n" and (ord(char) < 32 or ord(char) == 127)}
    turns = {
        char for char in text if char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    }
    assert bad | turns == set()
    assert text.strip()


# Sizes

SIZES = [(20, 5), (300, 80), (40, 12), (80, 24), (39, 40), (120, 6), (61, 9), (160, 45)]


@pytest.mark.parametrize(
    "keys", [(), ("enter",), ("m",), ("4", "enter"), ("question_mark",), ("y",)]
)
def test_every_size_can_be_drawn(keys: tuple[str, ...]) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *keys)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            lines = dash.text.split("\n")
            assert len(lines) == height
            assert all(len(line) <= width for line in lines)
            assert dash.text.strip()

    play(scenario)


# When nothing can be opened


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigError("profile acme: no such profile"), 2), (Unauthorized("Login refused"), 4)],
)
def test_a_session_that_cannot_be_opened_ends_the_screen_with_a_sentence(
    error: Exception, code: int
) -> None:
    async def refuse() -> Session:
        raise error

    async def main() -> QsuiApp:
        app = QsuiApp(DashboardOptions((LiveScope("acme", "prod", refuse),), wants_poll=False))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
        return app

    app = asyncio.run(main())
    assert app.closing_words == str(error)
    assert app.return_code == code


def test_before_the_session_is_open_the_screen_says_what_is_waited_for() -> None:
    async def main() -> str:
        async def wait() -> Session:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

        options = DashboardOptions(
            (LiveScope("acme", "prod", wait),),
            starting_words="Starting the demo server",
            wants_poll=False,
        )
        app = QsuiApp(options)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await pilot.press("3", "4", "2", "n", "m", "enter", "y", "X", "S", "escape", "r")
            strips = app.screen._compositor.render_strips()
            return "\n".join(strip.text for strip in strips)

    assert "Starting the demo server" in asyncio.run(main())
