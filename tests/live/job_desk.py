"""A live engine of jobs on the emulator, whose clock moves only when a test says so."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from qsui.backends.alteryx.backend import AlteryxBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.actions import Action, Verb
from qsui.domain.jobs import Job
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.secret import Secret
from qsui.live.control import Control
from qsui.live.jobs.engine import JobEngine
from qsui.live.store import Store
from tests.live.desk import Lossy, MemoryJournal
from tests.support.alteryx import BASE, KEY, SECRET, AlteryxEmulator
from tests.support.backends import Recording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Journal
    from qsui.live.plans import Plan


class ServerClock:
    """The emulator's own time."""

    def __init__(self, emulator: AlteryxEmulator) -> None:
        self._emulator = emulator

    def now(self) -> datetime:
        return self._emulator.now()

    async def sleep(self, seconds: float) -> None:
        await self._emulator.advance(seconds)


class JobDesk:
    """One process's engine on an emulator."""

    def __init__(
        self,
        emulator: AlteryxEmulator,
        *,
        key: str = KEY,
        journal: Journal | None = None,
        read_only: bool = False,
        **more: Any,
    ) -> None:
        self.emulator = emulator
        self.clock = ServerClock(emulator)
        self.journal = MemoryJournal() if journal is None else journal
        self.lossy = Lossy(emulator.transport())
        self.network = Recording(self.lossy)
        secret = SECRET if key == KEY else f"{key}-secret"
        options = ConnectionOptions(
            profile="ayx",
            backend="alteryx",
            base_url=BASE,
            client_id=key,
            client_secret=Secret(secret),
            allow_http=True,
            read_only=read_only,
        )
        self.backend = AlteryxBackend(options, self.clock, inner=self.network)
        self.store = Store()
        self.engine = JobEngine(
            self.backend,
            self.store,
            clock=self.clock,
            random=random.Random(1),  # noqa: S311
            **more,
        )
        self.control = Control(
            self.engine,
            self.store,
            self.backend,
            self.journal,
            self.clock,
            actor="jd",
            read_only="this profile is read-only" if read_only else "",
            production=False,
        )

    async def plan(self, verb: Verb, ref: Ref, **more: Any) -> Plan:
        return await self.control.prepare([Action(verb, ref, "it", **more)])

    async def act(self, verb: Verb, ref: Ref, **more: Any) -> Pending:
        """Prepare and perform."""
        plan = await self.plan(verb, ref, **more)
        assert plan.to_send, plan.targets[0].refusal
        (pending,) = await self.control.perform(plan)
        return pending

    async def finish(self, pending: Pending) -> Pending:
        """Follow an action to its end."""
        (last,) = await self.control.follow(pending.id)
        return last

    async def schedule(self, name: str) -> Schedule:
        """A schedule as the server has it, by its name."""
        async for page in self.backend.schedules():
            for one in page.records:
                if one.name == name:
                    return one
        raise AssertionError(name)

    def writes(self) -> list[str]:
        """What was sent so far that changes something."""
        found = [r for r in self.network.writes if not r.url.path.endswith("/oauth2/token")]
        return [f"{r.method} {r.url.path.removeprefix('/webapi/')}" for r in found]

    @property
    def scope(self) -> Scope:
        return self.backend.scope

    def ref(self, kind: Kind, id: str) -> Ref:
        return Ref(self.scope.profile, self.scope.sandbox, kind, "", id)

    def job(self, id: str) -> Job | None:
        return self.store.snapshot.job(self.scope, id)

    def jobs(self) -> list[Job]:
        records = self.store.snapshot.jobs(self.scope).records.values()
        return [job for job in records if isinstance(job, Job)]

    def schedules(self) -> list[Schedule]:
        records = self.store.snapshot.schedules(self.scope).records.values()
        return [one for one in records if isinstance(one, Schedule)]

    async def start(self, name: str, *, key: str = KEY, **body: object) -> str:
        """Start a workflow behind everybody's back; the id of its job."""
        async with self.emulator.client(key) as http:
            return await self.emulator.run(http, name, **body)

    async def pass_time(self, seconds: int, *, step: int = 1) -> None:
        """Let the engine poll while time passes."""
        for _ in range(0, seconds, step):
            await self.engine.poll_once()
            await self.emulator.advance(step)
        await self.engine.poll_once()

    def paths(self) -> list[str]:
        """What was asked so far, without the token."""
        found = [r.url.path.removeprefix("/webapi/") for r in self.network.seen]
        return [path for path in found if "oauth2" not in path]


@asynccontextmanager
async def job_desk(
    scene: Any = None, *, emulated: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[JobDesk]:
    """An engine on a fresh emulator."""
    async with AlteryxEmulator(scene, **(emulated or {})) as emulator:
        it = JobDesk(emulator, **more)
        try:
            yield it
        finally:
            await it.backend.aclose()
