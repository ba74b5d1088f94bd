"""What the tests of keys that act share: a play on a journalled dashboard that may write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from qsui.storage.journal import open_journal
from tests.support.dashboard import Dashboard
from tests.support.emulator import tiny_scene

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from qsui.tui.app import QsuiApp

Scenario = Callable[["Acted", "Pilot[None]"], Awaitable[None]]


class Acted(Dashboard):
    """A dashboard that may write, and what its server saw of that."""

    def __init__(self, scene: Any = None, *, folder: Path | None = None, **options: Any) -> None:
        given = {"size": (120, 36), "read_only": False, **options}
        super().__init__(
            scene or tiny_scene(), journal=open_journal(folder) if folder else None, **given
        )
        self.toasts: list[str] = []
        notify = self.app.notify

        def noted(message: str, **more: Any) -> None:
            self.toasts.append(message)
            notify(message, **more)

        self.app.notify = noted  # type: ignore[method-assign]  # hidden in tests

    async def look(self, pilot: Pilot[None], seconds: float = 0) -> None:
        """Let time pass and do every look for an effect that is due then."""
        if seconds:
            await self.advance(seconds)
        for session in self.app.sessions:
            for _ in range(20):
                if not await session.control.look_once():
                    break
        await self._settle(pilot)
        self.app.tick()
        await self._settle(pilot)

    def seen(self) -> dict[str, int]:
        """How many writes the server saw, by endpoint."""
        counts = self.emulator.requests()["endpoints"]
        assert isinstance(counts, dict)
        return {
            name: count
            for name, count in counts.items()
            if not name.startswith("GET ") and "/ims/" not in name and "_emulator" not in name
        }

    def row(self, name: str) -> str:
        """The line of the screen that holds a name in the list."""
        return next(line for line in self.text.split("\n")[3:] if name in line)

    async def confirm(self, pilot: Pilot[None]) -> None:
        """Press the button that sends."""
        await self.press(pilot, "right", "enter")


def play(scenario: Scenario, scene: Any = None, **options: Any) -> QsuiApp:
    """Run a scenario on a dashboard whose every read is done."""
    dash = Acted(scene, **options)

    async def main() -> None:
        async with dash.running() as pilot:
            await scenario(dash, pilot)

    asyncio.run(main())
    return dash.app
