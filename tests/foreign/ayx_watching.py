"""The live engine, and the dashboard on it, against a foreign Alteryx Server over a real socket."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qsui.backends.alteryx.backend import AlteryxBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.secret import Secret
from qsui.live.control import Control
from qsui.live.jobs.book import JobBook
from qsui.live.jobs.engine import JobEngine
from qsui.live.jobs.verdicts import JobVerdicts
from qsui.live.store import Store
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, LiveScope, Session
from tests.foreign import ayx_facts as facts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from tests.foreign.ayx_server import AyxServer


class AyxClock:
    """The server's time; it moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time: datetime = facts.NOW

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def ayx_session(server: AyxServer, who: facts.Person = facts.CURATOR) -> Session:
    """Put the real parts together as the program does; the server follows the session's clock."""
    clock = AyxClock()
    server.state.now = clock.now
    options = ConnectionOptions(
        profile="theirs",
        backend="alteryx",
        base_url=server.origin + server.habits.mount,
        token_url="",
        client_id=f"{who.key}-key",
        client_secret=Secret(facts.SECRET),
        allow_http=True,
        read_only=False,
    )
    backend = AlteryxBackend(options, clock)
    store = Store()
    book = JobBook(store, backend.scope)
    engine = JobEngine(backend, store, clock=clock, random=random.Random(7))  # noqa: S311  # jitter
    control = Control(engine, store, backend, None, clock)
    verdicts = JobVerdicts(store, backend.scope, clock, book)
    return Session(
        backend.scope,
        clock,
        backend,
        store,
        engine,
        verdicts,
        control,
        backend.aclose,
        book=book,
    )


async def read_all(session: Session, *, minutes: int = 3) -> None:
    """Let the engine read what is due, for so long that all of it was paid for."""
    until = session.clock.now() + timedelta(minutes=minutes)
    while session.clock.now() < until:
        await session.engine.poll_once()
        await session.control.look_once()
        await session.clock.sleep(5)
    await session.verdicts.settle()


@asynccontextmanager
async def ayx_dashboard(server: AyxServer) -> AsyncIterator[tuple[QsuiApp, Pilot[None]]]:
    """Run the dashboard without a terminal, with everything read."""
    session = ayx_session(server)

    async def opened() -> Session:
        return session

    scope = LiveScope("theirs", "", opened, None, True, False, "")
    app = QsuiApp(DashboardOptions((scope,), wants_poll=False))
    async with app.run_test(size=(140, 40)) as pilot:
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
