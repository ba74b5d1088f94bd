"""Everything that acting stands on, on an emulator whose clock moves only when somebody sleeps."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from qsui.backends.adobe.backend import AdobeBackend
from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Ref, Run, Schedule
from qsui.domain.ports import JournalError
from qsui.domain.states import RunState
from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.live.control import Control
from qsui.live.engine import Engine
from qsui.live.store import Store
from tests.support.backends import Recording
from tests.support.dashboard import READ_ONLY, connection
from tests.support.emulator import OWNER, Emulator, EmulatorClock, tiny_scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from qsui.domain.journal import Deed, Entry
    from qsui.domain.models import Scope
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Journal
    from qsui.live.plans import Plan, Target

ONE, TWO, OFF, LONG = "orders_rollup", "profile_merge", "old_backfill", "long_copy"


def scene() -> Any:
    """The tiny scene and a schedule whose runs last for two or three minutes."""
    return tiny_scene(
        ScheduleSeed(
            LONG,
            "INSERT INTO long_out SELECT 1",
            "30 4 * * *",
            OWNER,
            base_s=30,
            start_lag_s=120,
            created_days_ago=0.1,
        )
    )


class Lossy(httpx.AsyncBaseTransport):
    """Loses the answer to the next request of a method; the server carries it out or does not."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.loses = ""
        self.is_done = True
        self.on_write: Callable[[], None] = lambda: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_login = request.url.path.endswith(("/token/v3", "/oauth2/token"))
        if request.method != "GET" and not is_login:
            self.on_write()
        if request.method != self.loses or is_login:
            return await self._inner.handle_async_request(request)
        self.loses = ""
        if self.is_done:
            await self._inner.handle_async_request(request)
        raise httpx.ReadError("connection reset by peer", request=request)


class MemoryJournal:
    """Keeps entries; `trouble` makes every write fail, `failing_kinds` those of some kinds."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.trouble = ""
        self.failing_kinds: set[str] = set()

    def write(self, entry: Entry) -> None:
        if self.trouble or entry.kind in self.failing_kinds:
            raise JournalError(self.trouble or "no room")
        self.entries.append(entry)

    def deeds(
        self, scope_key: str | None = None, *, since: datetime | None = None
    ) -> tuple[Deed, ...]:
        from qsui.domain.journal import deeds

        return tuple(
            deed
            for deed in deeds(self.entries)
            if (scope_key is None or deed.intent.scope_key == scope_key)
            and (since is None or deed.intent.at >= since)
        )


class Desk:
    """One process's control on an emulator; several may share the emulator and the journal."""

    def __init__(
        self, emulator: Emulator, journal: Journal | None, *, read_only: bool = False, **more: Any
    ) -> None:
        self.emulator = emulator
        self.journal = journal
        self.clock = EmulatorClock(emulator)
        self.lossy = Lossy(emulator.transport())
        self.network = Recording(self.lossy)
        self.backend = AdobeBackend(
            connection(emulator, read_only=read_only), self.clock, inner=self.network
        )
        self.store = Store()
        self.engine = Engine(self.backend, self.store, clock=self.clock)
        words = READ_ONLY if read_only else ""
        given: dict[str, Any] = {
            "actor": "jd",
            "read_only": words,
            "production": False,
            **more,
        }
        self.control = Control(self.engine, self.store, self.backend, journal, self.clock, **given)

    @property
    def kept(self) -> MemoryJournal:
        """The journal, if it is one in memory."""
        assert isinstance(self.journal, MemoryJournal)
        return self.journal

    @property
    def scope(self) -> Scope:
        return self.backend.scope

    def id_of(self, name: str) -> str:
        row = self.emulator.world.store.one("SELECT id FROM schedules WHERE name=?", name)
        assert row is not None
        return str(row["id"])

    def ref(self, name: str) -> Ref:
        return Ref(self.scope.profile, self.scope.sandbox, Kind.SCHEDULE, "", self.id_of(name))

    def action(self, verb: Verb, name: str = ONE, **more: Any) -> Action:
        return Action(verb, self.ref(name), name, **more)

    def on_run(self, run: Run, verb: Verb = Verb.CANCEL) -> Action:
        return Action(verb, run.ref, "a run")

    async def plan(self, *actions: Action) -> Plan:
        return await self.control.prepare(actions)

    async def target(self, action: Action) -> Target:
        return (await self.plan(action)).targets[0]

    async def act(self, *actions: Action, **how: Any) -> tuple[Pending, ...]:
        """Prepare and perform."""
        return await self.control.perform(await self.plan(*actions), **how)

    async def act_one(self, verb: Verb, name: str = ONE, **how: Any) -> Pending:
        (pending,) = await self.act(self.action(verb, name), **how)
        return pending

    async def done(self, *pending: Pending) -> tuple[Pending, ...]:
        """Follow them to their end."""
        return await self.control.follow(*(one.id for one in pending))

    async def finish(self, pending: Pending) -> Pending:
        (last,) = await self.done(pending)
        return last

    async def schedule(self, name: str = ONE) -> Schedule:
        return await self.backend.schedule(self.id_of(name))

    async def runs(self, name: str = ONE) -> tuple[Run, ...]:
        return await self.engine.read_runs(self.id_of(name))

    async def running(self, name: str = LONG) -> Run:
        """Trigger a run behind everybody's back and return it once it goes."""
        async with self.emulator.client() as http:
            answer = await http.post(f"/schedules/{self.id_of(name)}/runs")
            assert answer.status_code == 202
        for _ in range(10):
            await self.clock.sleep(1)
            active = [run for run in await self.runs(name) if run.state is RunState.RUNNING]
            if active:
                return active[0]
        raise AssertionError("no run")

    def writes(self) -> list[str]:
        """What was sent so far that changes something."""
        return [f"{request.method} {request.url.path}" for request in self.network.writes]


@asynccontextmanager
async def desk(
    journal: Journal | None = None, *, emulated: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[Desk]:
    """A control on a fresh emulator, with a journal in memory unless one is given."""
    async with Emulator(scene(), **(emulated or {})) as emulator:
        it = Desk(emulator, MemoryJournal() if journal is None else journal, **more)
        try:
            yield it
        finally:
            await it.backend.aclose()


def kinds(entries: Sequence[Entry]) -> list[str]:
    """The kinds of lines in their order."""
    return [f"{entry.kind} {entry.stage}".strip() for entry in entries]
