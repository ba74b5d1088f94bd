"""What the tests of job screens share: a play on a dashboard of one Alteryx Server that may write.

play_jobs(scenario, "demo", folder=tmp_path)    # scenario(dash, pilot), on the list of all jobs
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tests.support.acting_plays import Acted
from tests.support.alteryx import OWNER, AlteryxEmulator, small_scene
from tests.support.backends import Recording

if TYPE_CHECKING:
    import httpx
    from textual.pilot import Pilot

STARTED_AFTER_S = 5
"""A job is taken from the queue so soon, and starts."""

JobScenario = Callable[["JobsDashboard", "Pilot[None]"], Awaitable[None]]


class JobsDashboard(Acted):
    """A dashboard on an Alteryx Server alone, and what that saw.

    `first` is done with the server before the session opens, for example to start jobs.
    """

    def __init__(
        self,
        scene: Any = None,
        *,
        first: Callable[[AlteryxEmulator], Awaitable[None]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(None, alteryx=scene or small_scene(), only_alteryx=True, **options)
        assert self.server is not None
        self.ayx = self.server
        self._first = first
        self._plain = self.ayx.transport
        self._is_watching = False
        self.wire: list[Recording] = []
        self.ayx.transport = self._watched  # type: ignore[method-assign]  # sees all that leaves

    def _watched(self) -> httpx.AsyncBaseTransport:
        if not self._is_watching:
            return self._plain()
        self.wire.append(Recording(self._plain()))
        return self.wire[-1]

    async def _open_jobs(self) -> Any:
        self._is_watching = True
        session = await super()._open_jobs()
        self._is_watching = False
        if self._first is not None:
            await self._first(self.ayx)
        return session

    def sent(self) -> list[str]:
        """Everything but reads and tokens, as `POST v3/workflows/…/jobs`."""
        return [
            f"{request.method} {request.url.path.partition('/webapi/')[2]}"
            for wire in self.wire
            for request in wire.seen
            if request.method != "GET" and "oauth2" not in request.url.path
        ]

    def is_on(self, kind: type[object]) -> bool:
        """Whether a screen of that kind is on top."""
        return isinstance(self.app.screen, kind)

    async def read_again(self, pilot: Pilot[None], seconds: float = 30) -> None:
        """Let time pass and read what is due."""
        await self.look(pilot, seconds)
        await self.sync(pilot)
        self.app.tick()
        await self._settle(pilot)


def play_jobs(
    scenario: JobScenario, scene: Any = None, *, keys: tuple[str, ...] = ("5",), **options: Any
) -> JobsDashboard:
    """Run a scenario from the list of all jobs on."""
    dash = JobsDashboard(scene, **options)

    async def main() -> None:
        async with dash.running() as pilot:
            await dash.press(pilot, *keys)
            await dash.sync(pilot)
            await scenario(dash, pilot)

    asyncio.run(main())
    return dash


def starts(*names: str) -> Callable[[AlteryxEmulator], Awaitable[None]]:
    """Return what starts workflows by hand, one second after the other, until the first runs."""

    async def start(server: AlteryxEmulator) -> None:
        async with server.client() as http:
            for name in names:
                await server.run(http, name)
                await server.advance(1)
        await server.advance(STARTED_AFTER_S)

    return start


__all__ = ["OWNER", "JobsDashboard", "play_jobs", "starts"]
