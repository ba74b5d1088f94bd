"""The ASGI application: routes, refusals as answers, request ids, date, faults, counting."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.utils import format_datetime
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qsui.emulator.adobe import Service
from qsui.emulator.alteryx.server import AlteryxServer
from qsui.emulator.control import CONTROL_PATH, Control, RequestLog
from qsui.emulator.faults import Faults
from qsui.emulator.ims import TOKEN_LIFE_S, Login
from qsui.emulator.mishaps import Mishaps
from qsui.emulator.paging import Pager
from qsui.emulator.query_calls import QueryCalls
from qsui.emulator.quirks import Quirks
from qsui.emulator.render import QUERY_PATH
from qsui.emulator.replies import JsonReply, Refusal
from qsui.emulator.run_calls import RunCalls
from qsui.emulator.schedule_calls import ScheduleCalls
from qsui.emulator.template_calls import TemplateCalls
from qsui.emulator.world import World

TOKEN_PATH = "/ims/token/v3"  # noqa: S105 - an address
SANDBOX_PATH = "/data/foundation/sandbox-management"

Lifespan = Callable[[object], AbstractAsyncContextManager[None]]


def create_app(
    world: World,
    *,
    quirks: Quirks | None = None,
    faults: Faults | None = None,
    control: bool = True,
    token_life_s: int = TOKEN_LIFE_S,
    lifespan: Lifespan | None = None,
    abort: Callable[[Scope], None] | None = None,
    alteryx: AlteryxServer | None = None,
) -> "EmulatorApp":
    """The server as an ASGI application.

    `control` offers `/_emulator`. `abort` tears down the connection of a scope, for the faults
    that need it; without it they raise `ConnectionResetError` through the ASGI call, which suits
    in-process clients. `alteryx` is a server of the same world, offered under `/webapi`.
    """
    quirks, faults = quirks or Quirks(), faults or Faults()
    login = Login(world.store, world.clock, quirks, life_s=token_life_s)
    service = Service(world, quirks, login, Pager(world.store, quirks), faults)
    log = RequestLog(world.clock)

    async def token(request: Request) -> Response:
        return JsonReply(login.issue(await request.body()))

    async def sandboxes(request: Request) -> Response:
        return service.sandboxes(request)

    schedules = ScheduleCalls(service)
    routes = [
        Route(TOKEN_PATH, token, methods=["POST"]),
        Route(SANDBOX_PATH, sandboxes, methods=["GET"]),
        Route(f"{SANDBOX_PATH}/", sandboxes, methods=["GET"]),
        *QueryCalls(service).routes(),
        *schedules.routes(),
        *RunCalls(service, schedules).routes(),
        *TemplateCalls(service).routes(),
        *(alteryx.routes(faults) if alteryx else ()),
        *(Control(world, faults, log).routes() if control else ()),
    ]
    router = Router(
        routes, redirect_slashes=False, default=_not_found, lifespan=lifespan or _no_lifespan
    )
    return EmulatorApp(Mishaps(_Answering(router), faults, abort), world, log, routes)


@asynccontextmanager
async def _no_lifespan(_app: object) -> AsyncIterator[None]:
    yield


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        reply = JsonReply(
            {"message": f"No such resource: {scope['path']}", "statusCode": 404}, status_code=404
        )
        await reply(scope, receive, send)


class _Answering:
    """Turns a refusal into its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Refusal as refusal:
            await JsonReply(refusal.body, status_code=refusal.status)(scope, receive, send)


class EmulatorApp:
    """The application; counts requests in `log`, stamps answers with request id and date."""

    def __init__(self, app: ASGIApp, world: World, log: RequestLog, routes: list[Route]) -> None:
        self._app = app
        self._world = world
        self.log = log
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or take part in the lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith(CONTROL_PATH):
            self.log.count(f"{scope['method']} {self._template(scope)}")
        request_id = Headers(scope=scope).get("x-request-id") or str(uuid4())
        stamps = [(b"x-request-id", request_id.encode("latin-1", "replace"))]

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._world.clock.now(), usegmt=True).encode()
                message["headers"] = [*message["headers"], *stamps, (b"date", date)]
            await send(message)

        await self._app(scope, receive, stamped)

    def _template(self, scope: Scope) -> str:
        """The path with its ids replaced by names, below the service's base path."""
        for route in self._routes:
            if route.matches(scope)[0] is not Match.NONE:
                return route.path.removeprefix(QUERY_PATH)
        return "(unknown)"
