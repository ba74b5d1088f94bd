"""What the whole dashboard may write to the terminal: nothing at rest, little for a little."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from qsui.domain.models import Kind, Schedule
from qsui.tui.screens.list_screen import ListScreen
from tests.support.dashboard import Dashboard
from tests.support.emulator import tiny_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

Scenario = Callable[[Dashboard, "Pilot[None]"], Awaitable[None]]
SCREENS = {
    "schedules": (),
    "runs": ("enter",),
    "run": ("m",),
    "all runs": ("3",),
    "queries": ("4",),
    "query": ("4", "enter"),
    "help": ("question_mark",),
    "filter": ("slash", "o"),
}
"""The keys that lead to each screen."""


class Sent:
    """Counts the bytes that the driver is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bytes = 0
        monkeypatch.setattr(HeadlessDriver, "is_headless", property(lambda _: False))
        monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: self._add(data))

    def _add(self, data: str) -> None:
        self._bytes += len(data.encode("utf-8", "surrogatepass"))

    def take(self) -> int:
        """Return the bytes since the last call."""
        taken, self._bytes = self._bytes, 0
        return taken


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    return Sent(monkeypatch)


def play(scenario: Scenario, scene: Any = None, size: tuple[int, int] = (120, 36)) -> None:
    dash = Dashboard(scene or tiny_scene(), size=size)

    async def main() -> None:
        async with dash.running() as pilot:
            await scenario(dash, pilot)

    asyncio.run(main())


async def poll(dash: Dashboard, pilot: Pilot[None]) -> tuple[str, ...]:
    """Let the engine do what is due and the app take it, without a step of the ages."""
    done = await dash.session.engine.poll_once()
    await pilot.pause()
    await dash.session.verdicts.settle()
    await dash.app.workers.wait_for_complete()
    await pilot.pause()
    return done


@pytest.mark.parametrize("name", SCREENS)
def test_nothing_is_written_at_rest_nor_by_a_tick_that_changes_no_age(
    sent: Sent, name: str
) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *SCREENS[name])
        dash.app.tick()
        await pilot.pause()
        assert sent.take() > 0
        await pilot.pause(0.05)
        assert sent.take() == 0
        dash.app.tick()
        await pilot.pause(0.05)
        assert sent.take() == 0

    play(scenario)


@pytest.mark.parametrize("name", ["schedules", "runs", "all runs", "queries"])
def test_a_poll_with_nothing_new_writes_nothing_and_builds_no_row(sent: Sent, name: str) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *SCREENS[name])
        await dash.emulator.advance(20)
        await dash.sync(pilot)
        screen = dash.app.screen
        assert isinstance(screen, ListScreen)
        sent.take()
        built = screen.table.rows_built
        await dash.emulator.advance(20)
        assert await poll(dash, pilot)
        assert screen.table.rows_built == built
        assert sent.take() == 0

    play(scenario)


def test_a_tick_writes_the_ages_that_changed_and_no_more(sent: Sent) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        await dash.emulator.advance(60)
        await poll(dash, pilot)
        dash.app.tick()
        await pilot.pause()
        sent.take()
        await dash.emulator.advance(60)
        dash.app.tick()
        await pilot.pause()
        assert 0 < sent.take() < 3_000

    play(scenario, "trouble")


@pytest.mark.parametrize("changed", [1, 5, 12])
def test_changed_rows_cost_480_bytes_each_and_300_for_all(sent: Sent, changed: int) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        screen = dash.app.screen
        assert isinstance(screen, ListScreen)
        await dash.press(pilot, "j", "k")
        session, keys = dash.session, screen.table.visible_keys()[2 : 2 + changed]
        records = session.store.snapshot.schedules(session.scope).records
        new = [
            replace(record, name=f"renamed_{number}")
            for number, key in enumerate(keys)
            if isinstance(record := records[key], Schedule)
        ]
        sent.take()
        session.store.apply(session.scope, Kind.SCHEDULE, "", new)
        await poll(dash, pilot)
        assert f"renamed_{changed - 1}" in dash.text
        assert 0 < sent.take() <= changed * 480 + 300

    play(scenario, "trouble")


def test_before_anybody_moved_a_change_draws_its_own_row_and_no_other(sent: Sent) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        screen, session = dash.app.screen, dash.session
        assert isinstance(screen, ListScreen)
        assert screen.table.follow_first
        records = session.store.snapshot.schedules(session.scope).records
        record = records[screen.table.visible_keys()[2]]
        assert isinstance(record, Schedule)
        built = screen.table.rows_built
        sent.take()
        session.store.apply(session.scope, Kind.SCHEDULE, "", [replace(record, name="renamed")])
        await poll(dash, pilot)
        assert "renamed" in dash.text
        assert screen.table.rows_built == built + 1
        assert 0 < sent.take() <= 780

    play(scenario, "trouble")


def test_a_full_repaint_of_the_dashboard_stays_within_18_kilobytes(sent: Sent) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        sent.take()
        await dash.press(pilot, "ctrl+l")
        await pilot.pause()
        assert 4_000 < sent.take() <= 18_000

    play(scenario, "trouble", (120, 40))


def test_moving_the_cursor_writes_two_rows_and_the_pane(sent: Sent) -> None:
    async def scenario(dash: Dashboard, pilot: Pilot[None]) -> None:
        sent.take()
        await dash.press(pilot, "j")
        assert 0 < sent.take() <= 2 * 480 + 12 * 300

    play(scenario, "trouble")
