"""The dashboard on the emulator, in this process, on a clock that stands still.

    dash = Dashboard("trouble", size=(120, 36))
    async with dash.running() as pilot:          # the session is open, everything was read
        await dash.advance(60)                   # a minute passes, the engine reads what is due
        await pilot.press("slash")

Nothing waits for real time: the engine reads only in `sync`, which ends when no read is due. For
`snap_compare(dash.app, run_before=dash.before(...))` the app is started by the caller.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.alteryx.backend import AlteryxBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.secret import Secret
from qsui.live.control import Control
from qsui.live.engine import Engine, PollOptions
from qsui.live.jobs.book import JobBook
from qsui.live.jobs.engine import JobEngine
from qsui.live.jobs.verdicts import JobVerdicts
from qsui.live.store import Store
from qsui.live.verdicts import Verdicts
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, LiveScope, Session
from tests.support.alteryx import AlteryxEmulator
from tests.support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORG_ID,
    SANDBOX,
    Emulator,
    EmulatorClock,
)
from tests.support.servers import OPTIONS as SERVER_OPTIONS
from tests.support.servers import ServerClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from qsui.domain.ports import Journal
    from qsui.emulator.alteryx.seeds import AlteryxScene
    from qsui.emulator.scenes import Scene

NIGHT = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
"""A Thursday; the emulator's past is laid out around it."""

READ_ONLY = "read-only: read_only = true in the settings"

Act = Callable[["Pilot[None]"], Awaitable[None]]


def connection(emulator: Emulator, *, read_only: bool = True) -> ConnectionOptions:
    """How the profile `acme` reaches an emulator."""
    return ConnectionOptions(
        profile="acme",
        base_url=emulator.url,
        token_url=f"{emulator.url}/ims/token/v3",
        org_id=ORG_ID,
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
        sandbox=SANDBOX,
        allow_http=True,
        read_only=read_only,
    )


class Dashboard:
    """A `QsuiApp` whose session is composed of the real parts on an in-process emulator.

    `arrange` is called with the emulator before the session opens (to switch faults on). `reads` is
    false if nothing at all shall be read after the session is open. `options` replaces fields of
    `DashboardOptions`, `emulated` goes to `Emulator`. Nothing can be changed unless `read_only` is
    given as false; what is done then goes to `journal`, if there is one. This machine's clock goes
    `behind` the server's.

    With a scene for `alteryx` a second scope `ayx` is live, on an Alteryx Server (`server`) to
    which `alteryx_emulated` goes (`alteryx_options`: how it is reached, for example with which
    `client_id`); with `only_alteryx` there is no other. Its session is `jobs`.
    """

    def __init__(
        self,
        scene: Scene | str | None = "trouble",
        *,
        size: tuple[int, int] = (120, 36),
        arrange: Callable[[Emulator], None] | None = None,
        reads: bool = True,
        emulated: dict[str, Any] | None = None,
        journal: Journal | None = None,
        production: bool = False,
        behind: timedelta = timedelta(),
        read_only: bool = True,
        web_url: str = "",
        alteryx: AlteryxScene | str | None = None,
        alteryx_emulated: dict[str, Any] | None = None,
        alteryx_options: dict[str, Any] | None = None,
        only_alteryx: bool = False,
        **options: Any,
    ) -> None:
        self.size = size
        self.emulator = Emulator(scene, **{"now": NIGHT, **(emulated or {})})
        self._arrange = arrange
        self._reads = reads
        self._journal = journal
        self._production = production
        self._behind = behind
        self._read_only = read_only
        self.server: AlteryxEmulator | None = None
        self._alteryx_options = alteryx_options or {}
        scopes = [LiveScope("acme", SANDBOX, self._open_session, None, False, read_only, web_url)]
        if alteryx is not None:
            given = {"now": NIGHT, **(alteryx_emulated or {})}
            self.server = AlteryxEmulator(alteryx, **given)
            mine = LiveScope("ayx", "", self._open_jobs, None, True, read_only, web_url)
            scopes = [mine] if only_alteryx else [*scopes, mine]
        self.app = QsuiApp(replace(DashboardOptions(tuple(scopes), wants_poll=False), **options))

    @property
    def session(self) -> Session:
        """What is live, of several the first; only once it is open."""
        assert self.app.session is not None
        return self.app.session

    @property
    def jobs(self) -> Session:
        """The session of the Alteryx Server."""
        session = self.app.session_at("ayx")
        assert session is not None
        return session

    async def _open_session(self) -> Session:
        await self.emulator.__aenter__()
        if self._arrange is not None:
            self._arrange(self.emulator)
        clock = EmulatorClock(self.emulator, self._behind)
        read_only = self._read_only
        options = connection(self.emulator, read_only=read_only)
        backend = AdobeBackend(options, clock, inner=self.emulator.transport())
        store = Store()
        engine = Engine(backend, store, clock=clock, options=PollOptions(), random=random.Random(7))  # noqa: S311  # jitter
        closed = False

        async def aclose() -> None:
            nonlocal closed
            if not closed:
                closed = True
                await backend.aclose()
                await self.emulator.__aexit__(None, None, None)

        verdicts = Verdicts(store, backend.scope, clock)
        control = Control(
            engine,
            store,
            backend,
            self._journal,
            clock,
            actor="jd",
            read_only=READ_ONLY if read_only else "",
            production=self._production,
        )
        return Session(backend.scope, clock, backend, store, engine, verdicts, control, aclose)

    async def _open_jobs(self) -> Session:
        assert self.server is not None
        server, clock = self.server, ServerClock(self.server)
        await server.__aenter__()
        options = replace(SERVER_OPTIONS, read_only=self._read_only, **self._alteryx_options)
        backend = AlteryxBackend(options, clock, inner=server.transport())
        store = Store()
        book = JobBook(store, backend.scope)
        engine = JobEngine(backend, store, clock=clock, random=random.Random(7))  # noqa: S311  # jitter
        closed = False

        async def aclose() -> None:
            nonlocal closed
            if not closed:
                closed = True
                await backend.aclose()
                await server.__aexit__(None, None, None)

        control = Control(
            engine,
            store,
            backend,
            self._journal,
            clock,
            actor="jd",
            read_only=READ_ONLY if self._read_only else "",
            production=self._production,
        )
        verdicts = JobVerdicts(store, backend.scope, clock, book)
        return Session(
            backend.scope, clock, backend, store, engine, verdicts, control, aclose, book=book
        )

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass on every server."""
        sessions = [session.scope.label for session in self.app.sessions]
        if "acme/prod" in sessions:
            await self.emulator.advance(seconds)
        if self.server is not None and "ayx" in sessions:
            await self.server.advance(seconds)

    @property
    def text(self) -> str:
        """What stands on the screen now, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    def line(self, at: int) -> str:
        """One line of the screen; negative ones count from below."""
        return self.text.split("\n")[at]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pilot[None]]:
        """Run the app without a terminal, with everything read that is due."""
        async with self.app.run_test(size=self.size) as pilot:
            await self.ready(pilot)
            yield pilot

    async def ready(self, pilot: Pilot[None]) -> None:
        """Wait for the session, then read."""
        await self.until(
            pilot,
            lambda: len(self.app.sessions) + len(self.app.scope_faults) == len(self.app.scopes),
        )
        if self._reads:
            await self.sync(pilot)
            self.app.tick()  # ages were drawn while the reads went on, at times that vary
            await self._settle(pilot)

    async def until(self, pilot: Pilot[None], holds: Callable[[], bool]) -> None:
        """Let the app work until something holds."""
        for _ in range(400):
            if holds():
                return
            assert self.app.is_running, self.app.closing_words or "the dashboard broke down"
            await pilot.pause()
        raise AssertionError("the dashboard did not get there")

    async def sync(self, pilot: Pilot[None]) -> None:
        """Let the engine read until nothing is due; time passes only to earn requests.

        Effects that are due to be looked for are looked for, too.
        """
        for _ in range(60):
            await pilot.pause()
            done = False
            for session in self.app.sessions:
                await session.control.look_once()
                done = bool(await session.engine.poll_once()) or done
            await self._settle(pilot)
            if not done:
                return
            await self.advance(1)
        raise AssertionError("the engine never ran out of reads")

    async def step(self, pilot: Pilot[None], seconds: float) -> None:
        """Let virtual time pass, do once what is due then, and step what ages."""
        await self.advance(seconds)
        for session in self.app.sessions:
            while await session.control.look_once():
                pass
            await session.engine.poll_once()
        await self._settle(pilot)
        self.app.tick()
        await self._settle(pilot)

    async def press(self, pilot: Pilot[None], *keys: str) -> None:
        """Press keys and let each have its effect."""
        for key in keys:
            await pilot.press(key)
            if len(key) > 1:  # a letter that is typed has no effect to wait for
                await self._settle(pilot)
        await self._settle(pilot)

    async def _settle(self, pilot: Pilot[None]) -> None:
        """Let everything have its effect: nothing is worked on, judged or drawn any more."""
        await pilot.pause()
        while self._is_working():
            for session in self.app.sessions:
                await session.verdicts.settle()
            await self.app.workers.wait_for_complete()
            await pilot.pause()

    def _is_working(self) -> bool:
        workers = any(not worker.is_finished for worker in self.app.workers)
        return workers or any(session.verdicts.pending for session in self.app.sessions)

    def before(self, *keys: str, first: Act | None = None, then: Act | None = None) -> Act:
        """What `snap_compare` does before its picture: read, act, press keys, act again."""

        async def prepare(pilot: Pilot[None]) -> None:
            await self.ready(pilot)
            if first is not None:
                await first(pilot)
            await self.press(pilot, *keys)
            if then is not None:
                await then(pilot)

        return prepare
