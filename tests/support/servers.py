"""The Alteryx adapter for tests: on the emulator, or on a scripted server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from qsui.backends.alteryx.backend import AlteryxBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.models import Kind, Ref
from qsui.domain.ports_workflows import ALL_JOBS, JobFilter
from qsui.domain.secret import Secret
from tests.support.alteryx import KEY, SECRET, AlteryxEmulator
from tests.support.backends import FakeClock, Recording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.domain.actions import Action
    from qsui.domain.jobs import Job, Workflow
    from qsui.domain.models import Schedule
    from qsui.domain.ports import Accepted
    from qsui.emulator.alteryx.seeds import AlteryxScene

OPTIONS = ConnectionOptions(
    profile="ayx",
    backend="alteryx",
    base_url="http://alteryx.test",
    token_url="",
    client_id=KEY,
    client_secret=Secret(SECRET),
    allow_http=True,
    read_only=False,
)


class ServerClock:
    """The emulator's virtual time; sleeping lets it pass."""

    def __init__(self, emulator: AlteryxEmulator) -> None:
        self._emulator = emulator

    def now(self) -> datetime:
        return self._emulator.now()

    async def sleep(self, seconds: float) -> None:
        await self._emulator.advance(seconds)


class ServerBench:
    """The adapter on an emulator, and what it sent."""

    def __init__(self, emulator: AlteryxEmulator, **changes: Any) -> None:
        self.emulator = emulator
        self.wire = Recording(emulator.transport())
        options = replace(OPTIONS, **changes)
        self.backend = AlteryxBackend(options, ServerClock(emulator), inner=self.wire)

    def paths(self, method: str = "GET") -> list[str]:
        """The paths of what was sent, below `/webapi/`."""
        return [
            request.url.path.partition("/webapi/")[2]
            for request in self.wire.seen
            if request.method == method
        ]

    async def workflow(self, name: str) -> Workflow:
        found = [w async for page in self.backend.workflows() for w in page.records]
        return next(one for one in found if one.name == name)

    async def schedule(self, name: str) -> Schedule:
        found = [s async for page in self.backend.schedules() for s in page.records]
        return await self.backend.schedule(next(one for one in found if one.name == name).id)

    async def jobs(self, where: JobFilter = ALL_JOBS, cap: int | None = None) -> list[Job]:
        return [j async for page in self.backend.jobs(where, cap=cap) for j in page.records]

    async def do(self, action: Action) -> Accepted:
        """Send the one write that an action is; the wire must carry exactly that."""
        (outgoing,) = self.backend.outgoing(action)
        before = [r for r in self.wire.writes if not r.url.path.endswith("/oauth2/token")]
        accepted = await self.backend.send(outgoing)
        after = [r for r in self.wire.writes if not r.url.path.endswith("/oauth2/token")]
        (sent,) = after[len(before) :]
        assert (sent.method, str(sent.url), sent.content.decode()) == (
            outgoing.method,
            outgoing.url,
            outgoing.body,
        )
        return accepted


@asynccontextmanager
async def server_bench(
    scene: AlteryxScene | str | None = None,
    *,
    release: str = "current",
    quirks: tuple[str, ...] = (),
    **changes: Any,
) -> AsyncIterator[ServerBench]:
    async with AlteryxEmulator(scene, release=release, quirks=quirks) as emulator:
        found = ServerBench(emulator, **changes)
        try:
            yield found
        finally:
            await found.backend.aclose()


Answering = Callable[[httpx.Request], httpx.Response]


@dataclass
class Scripted:
    """A server that answers a path below `/webapi/` by `answers`; others with 404.

    Values that are no response are JSON bodies; a list of responses is used up in turn.
    """

    answers: Mapping[str, Any]
    seen: list[httpx.Request] = field(default_factory=list)
    tokens: list[httpx.Request] = field(default_factory=list)
    token_answer: Answering | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/webapi/")[2]
        if path == "oauth2/token":
            self.tokens.append(request)
            if self.token_answer is not None:
                return self.token_answer(request)
            token = f"token-{len(self.tokens)}"
            return httpx.Response(200, json={"access_token": token, "expires_in": 3600})
        self.seen.append(request)
        known = self.answers.get(f"{request.method} {path}", self.answers.get(path, _MISSING))
        if isinstance(known, list) and known and isinstance(known[0], httpx.Response):
            known = known.pop(0) if len(known) > 1 else known[0]
        if callable(known):
            known = known(request)
        if isinstance(known, Exception):
            raise known
        if isinstance(known, httpx.Response):
            return httpx.Response(known.status_code, headers=known.headers, content=known.content)
        return httpx.Response(200, json=known)

    def paths(self) -> list[str]:
        return [request.url.path.partition("/webapi/")[2] for request in self.seen]


_MISSING = httpx.Response(404)
DENIED = httpx.Response(401, json={"message": "Authorization has been denied for this request."})


def open_server(
    server: Callable[[httpx.Request], httpx.Response],
    clock: FakeClock | None = None,
    **changes: Any,
) -> AlteryxBackend:
    """Open the adapter on a scripted server."""
    options = replace(OPTIONS, **changes)
    return AlteryxBackend(options, clock or FakeClock(), inner=httpx.MockTransport(server))


def server_ref(kind: Kind, id: str) -> Ref:
    """Return the identity of a record of the scripted server."""
    return Ref(OPTIONS.profile, "", kind, "", id)
