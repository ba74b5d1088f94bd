"""The Alteryx half of the emulator for tests: in process, or as a real server.

async with AlteryxEmulator() as server:             # small scene, stub SQL engine, current release
    async with server.client() as http:             # a Curator's client, relative to /webapi/
        rows = (await http.get("v3/workflows")).json()
    await server.advance(60)

with running_alteryx(release="2025.1") as server:   # real uvicorn in a thread
    httpx.get(server.url + "/webapi/v3/credentials")
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import httpx

from qsui.emulator import scenes
from qsui.emulator.alteryx.seeds import (
    AlteryxScene,
    CollectionSeed,
    Question,
    Role,
    Tool,
    ToolKind,
    UserSeed,
    WorkerSeed,
    WorkflowSeed,
)
from qsui.emulator.alteryx.server import AlteryxServer
from qsui.emulator.app import create_app
from qsui.emulator.clock import VirtualClock
from qsui.emulator.faults import Faults, parse_json, parse_option
from qsui.emulator.lake import Lake
from qsui.emulator.lake_sql import split_statements
from qsui.emulator.quirks import Quirks
from qsui.emulator.serve import base_url, listen, living
from qsui.emulator.server import abort_connection, make_server
from qsui.emulator.world import World
from tests.support.emulator import NOON, StubEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from qsui.emulator.core import Engine

KEY, SECRET = "qsui-demo", "qsui-demo-secret"
BASE = "http://alteryx.test/webapi/"
CURATOR, OWNER, SHARER, MEMBER, VIEWER, LOCKED = (
    f"{name}@acme.test" for name in ("curator", "owner", "sharer", "member", "viewer", "locked")
)
_ALL = frozenset({"schedule", "prioritize", "assign"})

USERS = (
    UserSeed(CURATOR, "Cora", "Curator", Role.CURATOR, KEY, may=_ALL),
    UserSeed(OWNER, "Otto", "Owner", Role.ARTISAN, "owner", may=_ALL),
    UserSeed(SHARER, "Sara", "Sharer", Role.ARTISAN, "sharer", may=frozenset({"schedule"})),
    UserSeed(MEMBER, "Max", "Member", Role.MEMBER, "member"),
    UserSeed(VIEWER, "Vera", "Viewer", Role.VIEWER, "viewer"),
    UserSeed(LOCKED, "Lea", "Locked", Role.ARTISAN, "locked", api_enabled=False),
)
GOOD = (
    Tool(1, ToolKind.READ, "SELECT 1", "{rows} records were read"),
    Tool(2, ToolKind.WRITE, "SELECT 2", "{rows} records were written", file="good.yxdb"),
)
BAD = (
    Tool(1, ToolKind.READ, "SELECT 1", "{rows} records were read"),
    Tool(7, ToolKind.READ, "SELECT *\nFROM no_such_table", "never said"),
    Tool(8, ToolKind.WRITE, "SELECT 2", "{rows} records were written", file="bad.yxdb"),
)
WARNS = (
    Tool(1, ToolKind.CHECK, "SELECT 1", "{rows} rows look odd"),
    Tool(2, ToolKind.CONVERT, "SELECT 1", "n/a is not a number"),
)


def small_scene(**changes: Any) -> AlteryxScene:
    """Six workflows, no schedules, one worker with one slot and one for the tag `finance`."""
    plain: dict[str, Any] = {
        "name": "small",
        "users": USERS,
        "workflows": (
            WorkflowSeed("Good", OWNER, GOOD, 60, spread=0.0),
            WorkflowSeed("Bad", OWNER, BAD, 60, spread=0.0, versions=2),
            WorkflowSeed("Warns", OWNER, WARNS, 60, spread=0.0, credential="ACME\\svc"),
            WorkflowSeed("Tagged", OWNER, GOOD, 60, spread=0.0, worker_tag="finance"),
            WorkflowSeed("App", SHARER, GOOD, 60, spread=0.0, package="App",
                         questions=(Question("Region", "DropDown", "Which?", "EU",
                                             (("EU", "Europe"),)),)),
            WorkflowSeed("Macro", OWNER, package="Macro"),
        ),
        "collections": (
            CollectionSeed("Shared", OWNER, (SHARER, CURATOR), workflows=("Good", "Bad")),
        ),
        "credentials": ("ACME\\svc", "ACME\\other"),
        "workers": (
            WorkerSeed("W1", 1),
            WorkerSeed("W2", 1, frozenset({"finance"}), takes_untagged=False),
        ),
    }  # fmt: skip
    return AlteryxScene(**(plain | changes))


class AlteryxEmulator:
    """The application in this process; use as an async context manager.

    The clock stands at `now` (default 2026-01-14T12:00:30Z) and moves by `advance`. `lake=True`
    runs SQL in DuckDB instead of the stub, whose statements give three rows each.
    """

    def __init__(
        self,
        scene: AlteryxScene | str | None = None,
        *,
        release: str = "current",
        now: datetime = NOON,
        quirks: Sequence[str] = (),
        lake: bool = False,
        engine: Engine | None = None,
        data: Path | None = None,
        token_life_s: int = 3600,
    ) -> None:
        self.quirks = Quirks("docs", quirks)
        self.faults = Faults()
        self.engine: Engine = engine or (Lake() if lake else StubEngine())
        self.world = World(
            scenes.build("empty", now=now),
            clock=VirtualClock(now, speed=0),
            lake=self.engine,
            split=split_statements,
            db=data,
        )
        self.server = AlteryxServer(
            self.world,
            scene or small_scene(),
            release_name=release,
            quirks=self.quirks,
            token_life_s=token_life_s,
        )
        self.app = create_app(
            self.world, quirks=self.quirks, faults=self.faults, alteryx=self.server
        )

    async def __aenter__(self) -> Self:
        await self.world.step(settle=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.world.close()

    def now(self) -> datetime:
        """Virtual now, aware UTC."""
        return self.world.clock.now()

    async def advance(self, seconds: float | timedelta) -> None:
        """Let virtual time pass; every due event happens in order and every statement ends."""
        await self.world.advance(
            seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        )

    def fault(
        self, name: str, arg: object = None, *, count: int | None = None, path: str | None = None
    ) -> None:
        """Switch a fault on."""
        self.faults.switch_on(parse_json({"name": name, "arg": arg, "count": count, "path": path}))

    def transport(self) -> httpx.AsyncBaseTransport:
        """A transport for any httpx client; torn connections arrive as `httpx.ReadError`."""
        return _Transport(self.app)

    def token(self, key: str = KEY) -> str:
        """A fresh token of the owner of a key, made without a request."""
        user = self.server.catalogue.key_owner(key)
        assert user is not None
        return self.server.login.token(user)

    @asynccontextmanager
    async def client(self, key: str = KEY, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a fresh token for every request; relative URLs begin at `/webapi/`."""

        async def authorise(request: httpx.Request) -> None:
            request.headers.setdefault("Authorization", f"Bearer {self.token(key)}")

        async with httpx.AsyncClient(
            transport=self.transport(),
            base_url=BASE,
            headers={"Accept": "application/json"} | headers,
            event_hooks={"request": [authorise]},
        ) as http:
            yield http

    def workflow_id(self, name: str) -> str:
        """The id of a workflow of the scene."""
        workflow = self.server.catalogue.workflow_named(name)
        assert workflow is not None
        return workflow.id

    def user_id(self, email: str) -> str:
        """The id of a user of the scene."""
        user = self.server.catalogue.person(email)
        assert user is not None
        return user.id

    async def run(self, http: httpx.AsyncClient, name: str, **body: object) -> str:
        """Start a workflow over HTTP; the id of its job."""
        answer = await http.post(f"v3/workflows/{self.workflow_id(name)}/jobs", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])


class _Transport(httpx.ASGITransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error


@dataclass(frozen=True, slots=True)
class RunningAlteryx:
    """A server that answers at `url` (without `/webapi`) while its context is open."""

    url: str
    world: World
    server: AlteryxServer
    faults: Faults


@contextmanager
def running_alteryx(
    scene: AlteryxScene | str | None = None,
    *,
    release: str = "current",
    speed: float = 1.0,
    now: datetime | None = None,
    quirks: Sequence[str] = (),
    faults: Sequence[str] = (),
    lake: bool = False,
) -> Iterator[RunningAlteryx]:
    """A real server in a thread on a free loopback port; at `speed=0` time stands still."""
    start = now or datetime.now(UTC)
    chosen, switched = Quirks("docs", quirks), Faults()
    for text in faults:
        switched.switch_on(parse_option(text))
    world = World(
        scenes.build("empty", now=start),
        clock=VirtualClock(start, speed=speed),
        lake=Lake() if lake else StubEngine(),
        split=split_statements,
    )
    alteryx = AlteryxServer(world, scene or small_scene(), release_name=release, quirks=chosen)
    app = create_app(
        world,
        quirks=chosen,
        faults=switched,
        lifespan=living(world),
        abort=abort_connection,
        alteryx=alteryx,
    )
    server = make_server(app)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), name="alteryx"
        )
        thread.start()
        try:
            yield RunningAlteryx(base_url(listener), world, alteryx, switched)
        finally:
            server.stop()
            thread.join(10)
