"""The emulator for tests: in process on a clock that stands still, or as a real server.

async with Emulator() as emulator:                  # `tiny` scene, stub SQL engine
    async with emulator.client() as http:           # authorised httpx client, no socket
        page = (await http.get("/schedules")).json()
    await emulator.advance(60)                      # a minute passes, everything due happens

with running_server(speed=60) as server:            # real uvicorn in a thread
    httpx.get(server.url + "/_emulator/clock")
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from qsui.emulator import scenes
from qsui.emulator.app import create_app
from qsui.emulator.clock import VirtualClock
from qsui.emulator.core import Engine
from qsui.emulator.errors import SqlError
from qsui.emulator.faults import Faults, parse_json, parse_option
from qsui.emulator.ids import ORG
from qsui.emulator.ims import Login
from qsui.emulator.lake import Lake
from qsui.emulator.lake_sql import split_statements
from qsui.emulator.quirks import Quirks
from qsui.emulator.scenes import Scene
from qsui.emulator.serve import base_url, listen, living
from qsui.emulator.server import abort_connection, make_server
from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.emulator.world import World

NOON = datetime(2026, 1, 14, 12, 0, 30, tzinfo=UTC)
CLIENT_ID = "qsui-demo"
CLIENT_SECRET = "qsui-demo-secret"
ORG_ID = ORG
SANDBOX = "prod"
QUERY_PATH = "/data/foundation/query"
TOKEN_FORM = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "scope": "openid,AdobeID",
}
OWNER = "DE30000000000000000000AA@AdobeID"


@dataclass(frozen=True, slots=True)
class StubOutcome:
    """What a stubbed statement ends with."""

    row_count: int = 3
    error: SqlError | None = None
    killed: bool = False


class StubExecution:
    """Ends at once, unless the SQL holds `-- hold`: then it waits for `release` or `cancel`."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.started = threading.Event()
        self._go = threading.Event()
        self._killed = False

    def run(self) -> StubOutcome:
        self.started.set()
        if "-- hold" in self.sql:
            self._go.wait(10)
        if self._killed:
            return StubOutcome(killed=True)
        if "no_such_table" in self.sql:
            return StubOutcome(0, SqlError("42P01", "Table no_such_table not found", "USER_ERROR"))
        return StubOutcome()

    def cancel(self) -> None:
        self._killed = True
        self._go.set()

    def release(self) -> None:
        self._go.set()


@dataclass
class StubEngine:
    """Runs nothing: fails what names `no_such_table`, holds `-- hold`, lets others succeed."""

    executions: list[StubExecution] = field(default_factory=list)

    def prepare(self, sql: str) -> StubExecution:
        self.executions.append(StubExecution(sql))
        return self.executions[-1]

    def datasets(self, sql: str) -> tuple[str, ...]:
        return ("5b2b0000000000000000000a",) if "orders" in sql else ()

    def close(self) -> None:
        for execution in self.executions:
            execution.cancel()


def tiny_scene(*more: ScheduleSeed) -> Scene:
    """Three schedules with different cadences and a short past, and those given."""
    return Scene(
        "tiny",
        schedules=(
            ScheduleSeed(
                "orders_rollup",
                "SELECT count(*) FROM orders",
                "0 * * * *",
                OWNER,
                base_s=40,
                start_lag_s=10,
                created_days_ago=0.5,
            ),
            ScheduleSeed(
                "profile_merge",
                "SELECT * FROM no_such_table",
                "*/10 * * * *",
                OWNER,
                base_s=30,
                start_lag_s=5,
                created_days_ago=0.2,
                history="xxx",
                past_error=SqlError("42P01", "Table no_such_table not found", "USER_ERROR"),
            ),
            ScheduleSeed(
                "old_backfill",
                "SELECT 1",
                "@daily",
                OWNER,
                state="DISABLED",
                created_days_ago=20,
                off_days_ago=10,
            ),
            *more,
        ),
    )


class Emulator:
    """The application in this process; use as an async context manager.

    `scene` is a `Scene` or a name for `scenes.build`. The clock stands at `now` (default
    2026-01-14T12:00:30Z) and moves by `advance`. `lake=True` runs SQL in DuckDB instead of the
    stub.
    """

    def __init__(
        self,
        scene: Scene | str | None = None,
        *,
        now: datetime = NOON,
        manner: str = "docs",
        quirks: Sequence[str] = (),
        lake: bool = False,
        engine: Engine | None = None,
        data: Path | None = None,
        runs: int | None = None,
        control: bool = True,
        token_life_s: int = 86_399,
    ) -> None:
        built = scenes.build(scene, now=now) if isinstance(scene, str) else scene or tiny_scene()
        self.url = "http://emulator.test"
        self.quirks = Quirks(manner, quirks)
        self.faults = Faults()
        self.engine: Engine = engine or (Lake() if lake else StubEngine())
        self.world = World(
            built,
            clock=VirtualClock(now, speed=0),
            lake=self.engine,
            split=split_statements,
            db=data,
            runs=runs,
            quarantine=self.quirks["Q34"] == "enrolled",
        )
        self.app = create_app(
            self.world,
            quirks=self.quirks,
            faults=self.faults,
            control=control,
            token_life_s=token_life_s,
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
        """Virtual now, aware UTC; give it to the client under test as its clock."""
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

    def token(self) -> str:
        """A fresh bearer token, made without a request."""
        form = "&".join(f"{name}={value}" for name, value in TOKEN_FORM.items())
        login = Login(self.world.store, self.world.clock, self.quirks)
        return str(login.issue(form.encode())["access_token"])

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """An authorised client whose relative URLs begin at the service's base path."""
        async with httpx.AsyncClient(
            transport=self.transport(),
            base_url=self.url + QUERY_PATH,
            headers=auth_headers(self.token()) | headers,
        ) as http:
            yield http

    def requests(self) -> dict[str, object]:
        """The counts that `/_emulator/requests` reports."""
        return self.app.log.as_json()


class _Transport(httpx.ASGITransport):
    """In-process transport that reports a torn connection as httpx does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error


def auth_headers(token: str, *, sandbox: str = SANDBOX) -> dict[str, str]:
    """The four headers of every call."""
    return {
        "Authorization": f"Bearer {token}",
        "x-api-key": CLIENT_ID,
        "x-gw-ims-org-id": ORG_ID,
        "x-sandbox-name": sandbox,
    }


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `url` while its context is open; `env` points the program at it."""

    url: str
    world: World
    faults: Faults

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that make a profile of this server."""
        return {
            "QSUI_BASE_URL": self.url,
            "QSUI_TOKEN_URL": f"{self.url}/ims/token/v3",
            "QSUI_CLIENT_ID": CLIENT_ID,
            "QSUI_CLIENT_SECRET": CLIENT_SECRET,
            "QSUI_ORG_ID": ORG_ID,
            "QSUI_SANDBOX": SANDBOX,
        }

    def token(self) -> str:
        """A bearer token, asked for over HTTP."""
        answer = httpx.post(f"{self.url}/ims/token/v3", data=TOKEN_FORM)
        return str(answer.raise_for_status().json()["access_token"])


@contextmanager
def running_server(
    scene: Scene | str | None = None,
    *,
    speed: float = 1.0,
    now: datetime | None = None,
    manner: str = "docs",
    quirks: Sequence[str] = (),
    faults: Sequence[str] = (),
    lake: bool = False,
) -> Iterator[RunningServer]:
    """A real server in a thread on a free loopback port; at `speed=0` time stands still."""
    start = now or datetime.now(UTC)
    built = scenes.build(scene, now=start) if isinstance(scene, str) else scene or tiny_scene()
    chosen, switched = Quirks(manner, quirks), Faults()
    for text in faults:
        switched.switch_on(parse_option(text))
    world = World(
        built,
        clock=VirtualClock(start, speed=speed),
        lake=Lake() if lake else StubEngine(),
        split=split_statements,
        quarantine=chosen["Q34"] == "enrolled",
    )
    app = create_app(
        world, quirks=chosen, faults=switched, lifespan=living(world), abort=abort_connection
    )
    server = make_server(app)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), name="emulator"
        )
        thread.start()
        try:
            yield RunningServer(base_url(listener), world, switched)
        finally:
            server.stop()
            thread.join(10)


class EmulatorClock:
    """The emulator's own time, which moves only when the emulator is advanced."""

    def __init__(self, emulator: Emulator, behind: timedelta = timedelta()) -> None:
        self._emulator = emulator
        self._behind = behind

    def now(self) -> datetime:
        return self._emulator.now() - self._behind

    async def sleep(self, seconds: float) -> None:
        await self._emulator.advance(seconds)
