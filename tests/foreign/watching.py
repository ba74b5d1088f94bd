"""The live engine, and the dashboard on it, against a foreign server over a real socket."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.secret import Secret
from qsui.live.control import Control
from qsui.live.engine import Engine, PollOptions
from qsui.live.store import Store
from qsui.live.verdicts import Verdicts
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, LiveScope, Session
from tests.foreign import facts
from tests.foreign.server import SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from tests.foreign.server import Foreign


class Clock:
    """The server's time; it moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time: datetime = facts.NOW

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def session_on(server: Foreign) -> Session:
    """Put the real parts together as the program does."""
    clock = Clock()
    options = ConnectionOptions(
        profile="theirs",
        base_url=server.origin + server.habits.prefix,
        token_url=f"{server.origin}/ims/token/v3",
        org_id=facts.ORG,
        client_id="their-client",
        client_secret=Secret(SECRET),
        sandbox="prod",
        allow_http=True,
    )
    backend = AdobeBackend(options, clock)
    store = Store()
    engine = Engine(backend, store, clock=clock, options=PollOptions(), random=random.Random(7))  # noqa: S311  # jitter
    verdicts = Verdicts(store, backend.scope, clock)
    return Session(
        backend.scope,
        clock,
        backend,
        store,
        engine,
        verdicts,
        Control(engine, store, backend, None, clock),
        backend.aclose,
    )


async def read_all(session: Session, *, minutes: int = 3) -> None:
    """Let the engine read what is due, for so long that all of it was paid for."""
    until = session.clock.now() + timedelta(minutes=minutes)
    while session.clock.now() < until:
        await session.engine.poll_once()
        await session.clock.sleep(5)
    await session.verdicts.settle()


@asynccontextmanager
async def dashboard(server: Foreign) -> AsyncIterator[tuple[QsuiApp, Pilot[None]]]:
    """Run the dashboard without a terminal, with everything read."""
    session = session_on(server)

    async def opened() -> Session:
        return session

    app = QsuiApp(DashboardOptions((LiveScope("theirs", "prod", opened),), wants_poll=False))
    async with app.run_test(size=(120, 40)) as pilot:
        while app.session is None:
            await pilot.pause()
        await settle(app, pilot)
        yield app, pilot


async def settle(app: QsuiApp, pilot: Pilot[None]) -> None:
    """Read what is due and let it be drawn."""
    assert app.session is not None
    await pilot.pause()
    await read_all(app.session, minutes=1)
    await app.workers.wait_for_complete()
    await pilot.pause()


def text_of(app: QsuiApp) -> str:
    """Everything on the screen, a line a row."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)
