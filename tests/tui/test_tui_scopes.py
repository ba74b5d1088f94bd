"""Several scopes at once: rows of all or of one, who answers for what, and one that is away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.errors import ConfigError, Unauthorized
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, KnownProfile, LiveScope
from qsui.tui.screens.confirm import ConfirmScreen
from qsui.tui.screens.scope_pick import ScopeScreen
from tests.support.acting_plays import Acted, Scenario
from tests.support.acting_plays import play as play_acted
from tests.support.dashboard import Dashboard
from tests.support.emulator import tiny_scene
from tests.support.two_servers import SERVER, nightly

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from qsui.tui.options import Session


def play(scenario: Scenario, *, size: tuple[int, int] = (120, 30), **options: Any) -> None:
    """Play on a Query Service and an Alteryx Server, which may be changed."""
    play_acted(scenario, size=size, alteryx=nightly(), **options)


def test_rows_of_all_scopes_stand_in_one_list_and_say_whose_they_are() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        del pilot
        assert "Scope" in dash.line(3)
        (theirs,) = [line for line in dash.text.split("\n") if "Nightly good" in line]
        (ours,) = [line for line in dash.text.split("\n") if "profile_merge" in line][:1]
        assert " ayx " in theirs
        assert " acme " in ours
        assert "acme/prod" in dash.line(0)
        assert " ayx " in dash.line(0)
        assert "5 Alteryx" in dash.line(1)

    play(scenario)


def test_a_scope_is_chosen_with_at_and_all_come_back_with_zero() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "space", "space")
        assert "2 marked" in dash.line(2)
        await dash.press(pilot, "at")
        assert isinstance(dash.app.screen, ScopeScreen)
        await dash.press(pilot, *"ayx", "enter")
        assert "Nightly good" in dash.text
        assert "profile_merge" not in dash.text
        assert "marked" not in dash.line(2)
        assert "(acme/prod)" in dash.line(0)
        assert "Scope" not in dash.line(3)
        await dash.press(pilot, "3")
        assert (
            "orders_rollup" in dash.text
        )  # runs are of the other sort: they are shown all the same
        await dash.press(pilot, "2", "0")
        assert "Nightly good" in dash.text
        assert "profile_merge" in dash.text
        assert "(acme/prod)" not in dash.line(0)

    play(scenario)


def test_an_action_goes_to_the_server_of_its_row_whichever_is_first() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"nightly", "enter", "s")
        assert isinstance(dash.app.screen, ConfirmScreen)
        title = next(line for line in dash.text.split("\n") if "TURN OFF" in line.upper())
        assert " ayx " in title
        assert "acme/prod" not in title
        await dash.confirm(pilot)
        assert dash.jobs.store.snapshot.pending
        assert not dash.session.store.snapshot.pending
        await dash.look(pilot, 20)
        assert "off" in dash.row("Nightly good")
        assert dash.seen() == {}

    play(scenario)


def test_marked_rows_of_two_scopes_are_not_acted_upon_together() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "asterisk")
        assert "(s on/off)" in dash.line(-1)
        await dash.press(pilot, "s")
        assert not isinstance(dash.app.screen, ConfirmScreen)
        assert "in several scopes" in dash.app.screen.refused("switch")  # type: ignore[attr-defined]

    play(scenario)


def test_one_server_away_leaves_the_other_alone() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        assert dash.server is not None
        dash.server.fault("reset")
        for _ in range(30):
            await dash.step(pilot, 30)
        assert dash.jobs.health is not None
        assert dash.jobs.health.state == "offline"
        assert "ayx offline" in dash.line(0)
        assert "ayx: " in dash.line(-2)
        assert dash.session.health is not None
        assert dash.session.health.state == "live"
        await dash.press(pilot, "slash", *"orders", "enter")
        assert "(t trigger)" not in dash.line(-1)
        await dash.press(pilot, "escape", "slash", *"nightly", "enter")
        assert "(t run now)" in dash.line(-1)

    play(scenario)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_scope_that_cannot_be_opened_does_not_take_the_others_down(is_first: bool) -> None:
    async def refuse() -> Session:
        raise ConfigError("profile prod: client_secret_file cannot be read")

    async def main() -> None:
        dash = Dashboard(tiny_scene())
        (good,) = dash.app.scopes
        bad = LiveScope("prod", "main", refuse)
        dash.app.scopes = [bad, good] if is_first else [good, bad]
        async with dash.app.run_test(size=(120, 30)) as pilot:
            await dash.until(
                pilot, lambda: len(dash.app.sessions) == 1 and bool(dash.app.scope_faults)
            )
            await dash.sync(pilot)
            assert "profile_merge" in dash.text
            assert "prod/main  ! " in dash.line(0)
            assert "prod/main is not open: profile prod: client_secret_file" in dash.line(-2)
            assert "of 60 req/min" in dash.line(0)

    asyncio.run(main())


def test_when_no_scope_can_be_opened_the_screen_closes_with_every_reason() -> None:
    async def refuse() -> Session:
        raise ConfigError("profile a: no client_id")

    async def forbid() -> Session:
        raise Unauthorized("Login refused")

    async def main() -> QsuiApp:
        scopes = (LiveScope("a", "x", refuse), LiveScope("b", "", forbid, has_jobs=True))
        app = QsuiApp(DashboardOptions(scopes, wants_poll=False))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
        return app

    app = asyncio.run(main())
    assert app.closing_words == "profile a: no client_id; Login refused"
    assert app.return_code == 4


def with_picker(dash: Dashboard, made: LiveScope | Exception) -> list[tuple[str, str]]:
    """Give `@` something to open; returns the list of what it was asked for."""
    asked: list[tuple[str, str]] = []

    def open_scope(profile: str, sandbox: str) -> LiveScope:
        asked.append((profile, sandbox))
        if isinstance(made, Exception):
            raise made
        return made

    dash.app.options = replace(
        dash.app.options,
        known_profiles=(KnownProfile("acme", "prod"), KnownProfile("ayx", has_jobs=True)),
        open_scope=open_scope,
    )
    return asked


def test_a_profile_of_the_settings_is_opened_beside_the_others() -> None:
    async def main() -> None:
        dash = Dashboard(tiny_scene(), alteryx=nightly())
        ours, theirs = dash.app.scopes
        dash.app.scopes = [ours]
        asked = with_picker(dash, theirs)
        async with dash.running() as pilot:
            assert "Scope" not in dash.line(3)
            await dash.press(pilot, "at")
            assert "acme/dev" in dash.text  # another sandbox, as the server lists them
            assert "Alteryx Server, not open" in dash.text
            await dash.press(pilot, *"ayx", "enter")
            await dash.sync(pilot)
            assert asked == [("ayx", "")]
            assert "Nightly good" in dash.text
            assert "profile_merge" not in dash.text
            await dash.press(pilot, "0")
            assert "profile_merge" in dash.text
            assert "Scope" in dash.line(3)

    asyncio.run(main())


@pytest.mark.parametrize("fails_early", [True, False])
def test_a_profile_that_cannot_be_opened_is_told_and_nothing_else_changes(
    fails_early: bool,
) -> None:
    async def refuse() -> Session:
        raise ConfigError("profile ayx: no client_id")

    async def main() -> None:
        dash = Dashboard(tiny_scene())
        fault = ConfigError("profile ayx: no client_id")
        with_picker(dash, fault if fails_early else LiveScope("ayx", "", refuse, has_jobs=True))
        async with dash.running() as pilot:
            await dash.press(pilot, "at", *"ayx", "enter")
            toasts = [str(toast.message) for toast in dash.app._notifications]
            assert any("profile ayx: no client_id" in toast for toast in toasts)
            assert [scope.label for scope in dash.app.scopes] == ["acme/prod"]
            assert "profile_merge" in dash.text
            assert "5 Alteryx" not in dash.line(1)

    asyncio.run(main())


def test_the_journal_tells_of_every_scope_and_undo_puts_back_where_it_was_done(
    tmp_path: Path,
) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        for name in ("nightly", "orders"):
            await dash.press(pilot, "slash", *name, "enter", "s")
            await dash.confirm(pilot)
            await dash.look(pilot, 20)
            await dash.press(pilot, "escape")
        await dash.press(pilot, "7")
        assert "Scope" in dash.line(3)
        assert " ayx " in dash.row("Nightly good")
        assert " acme " in dash.row("orders_rollup")
        await dash.press(pilot, "2", "at", *SERVER, "enter", "u")  # the last one of that scope
        assert "Nightly good" in dash.text
        assert "orders_rollup" not in dash.text
        await dash.confirm(pilot)
        await dash.look(pilot, 20)
        assert " off" not in dash.row("Nightly good")
        await dash.press(pilot, "0")
        assert " off" in dash.row("orders_rollup")

    play(scenario, folder=tmp_path)


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 16), (80, 24), (200, 50)])
def test_several_scopes_fit_into_any_window(size: tuple[int, int]) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        lines = dash.text.split("\n")
        assert max(len(line) for line in lines) <= size[0]
        await dash.press(pilot, "at", "escape")

    play(scenario, size=size)


def test_what_enter_shows_is_said_of_the_row_under_the_cursor() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"nightly", "enter")
        assert "Enter jobs" in dash.line(-1)
        await dash.press(pilot, "escape", "slash", *"orders", "enter")
        assert "Enter runs" in dash.line(-1)

    play(scenario)
