"""While a form's contents are read, what is typed stays off the list; Esc gives the reading up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from qsui.tui.screens.new import NewScreen
from qsui.tui.screens.reading import ReadingScreen
from qsui.tui.screens.schedules import SchedulesScreen
from tests.support.acting_plays import Acted, play

if TYPE_CHECKING:
    import pytest
    from textual.pilot import Pilot


class Gate:
    """Holds reads of whole schedules until it is opened."""

    def __init__(self, dash: Acted, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opens = asyncio.Event()
        self.asked = 0
        engine = dash.session.engine
        read = engine.read_schedule

        async def held(id: str) -> Any:
            self.asked += 1
            await self.opens.wait()
            return await read(id)

        monkeypatch.setattr(engine, "read_schedule", held)


def is_on_top(dash: Acted, kind: type[object]) -> bool:
    return isinstance(dash.app.screen, kind)


async def settle(dash: Acted, pilot: Pilot[None]) -> None:
    """Let the keys be dealt with; a reading that is held does not end."""
    del dash
    for _ in range(10):
        await pilot.pause()


def test_what_is_typed_while_a_copy_is_read_reaches_neither_list_nor_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        gate = Gate(dash, monkeypatch)
        await pilot.press("i", "c", "t", "s", "space", "4", "enter")
        await settle(dash, pilot)
        assert is_on_top(dash, ReadingScreen)
        assert "Copy of a schedule" in dash.text
        assert "Reading …" in dash.text
        gate.opens.set()
        await settle(dash, pilot)
        assert is_on_top(dash, NewScreen)
        assert [type(screen) for screen in dash.app.screen_stack[1:]] == [NewScreen]
        await dash.press(pilot, "escape")
        assert is_on_top(dash, SchedulesScreen)
        assert "marked" not in dash.text
        assert dash.seen() == {}

    play(scenario)


def test_escape_gives_a_reading_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        gate = Gate(dash, monkeypatch)
        await pilot.press("i", "c", "escape")
        await settle(dash, pilot)
        assert is_on_top(dash, SchedulesScreen)
        gate.opens.set()
        await settle(dash, pilot)
        assert is_on_top(dash, SchedulesScreen)
        assert gate.asked <= 1

    play(scenario)


def test_what_cannot_be_read_is_said_and_the_list_has_the_keyboard() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        dash.emulator.fault("forbidden-list", "query-templates")
        await dash.press(pilot, "i", "t")
        assert is_on_top(dash, SchedulesScreen)
        assert "list of templates" in dash.toasts[-1]

    play(scenario)
