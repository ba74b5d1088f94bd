"""Lets the faults that are on strike requests: answers replaced, delayed, cut, or never sent."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qsui.emulator.alteryx.login import DENIED
from qsui.emulator.faults import Fault, FaultName, Faults
from qsui.emulator.replies import JsonReply

_UNTOUCHED = ("/_emulator",)
_LOGIN = ("/ims/", "/webapi/oauth2/")
_ALTERYX = "/webapi/"
_LISTS = (
    "/queries",
    "/schedules",
    "/runs",
    "/query-templates",
    "/sandbox-management",
    "/sandbox-management/",
    "/workflows",
    "/jobs",
    "/users",
    "/collections",
    "/subscriptions",
    "/credentials",
)
_DOCUMENT = (
    '<?xml version="1.0" encoding="utf-8"?><Error><Message>An error has occurred.</Message></Error>'
)
_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head>"
    "<body><h1>Please sign in</h1></body></html>"
)


class Mishaps:
    """ASGI middleware; see `faults` for what each fault does."""

    def __init__(self, app: ASGIApp, faults: Faults, abort: Callable[[Scope], None] | None) -> None:
        self._app = app
        self._faults = faults
        self._abort = abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, well or badly."""
        if scope["type"] != "http" or scope["path"].startswith(_UNTOUCHED):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if (slow := self._faults.hit(FaultName.SLOW, path)) is not None:
            await asyncio.sleep(float(slow.arg or 3))
        if self._faults.hit(FaultName.RESET, path):
            self._tear_down(scope)
        elif (reply := self._replacement(scope)) is not None:
            await reply(scope, receive, send)
        elif self._faults.hit(FaultName.LOST_ANSWER, path):
            await self._app(scope, receive, _nowhere)
            self._tear_down(scope)
        elif self._faults.hit(FaultName.TRUNCATED, path):
            await self._app(scope, receive, _halved(send))
        else:
            await self._app(scope, receive, send)

    def _tear_down(self, scope: Scope) -> None:
        if self._abort is None:
            raise ConnectionResetError("the emulator tore down the connection")
        self._abort(scope)

    def _replacement(self, scope: Scope) -> Response | None:
        """The answer that takes the place of the real one."""
        path, hit = scope["path"], self._faults.hit
        expired = None if path.startswith(_LOGIN) else hit(FaultName.EXPIRED_TOKEN, path)
        if expired is not None:
            if expired.arg == "empty":
                return Response(status_code=401)
            if path.startswith(_ALTERYX):
                return JsonReply(DENIED, status_code=401)
            return JsonReply(
                {"error_code": "401013", "message": "Oauth token is not valid"}, status_code=401
            )
        if (limit := hit(FaultName.RATE_LIMIT, path)) is not None:
            return _too_many({"Retry-After": limit.arg or "5"})
        if hit(FaultName.RATE_LIMIT_BARE, path):
            return _too_many({})
        if (burst := hit(FaultName.SERVER_ERRORS, path)) is not None:
            return Response(status_code=self._faults.server_error(burst))
        if (page := hit(FaultName.HTML, path)) is not None:
            return HTMLResponse(_PAGE, status_code=int(float(page.arg)) if page.arg else 200)
        if (document := hit(FaultName.XML, path)) is not None:
            status = int(float(document.arg)) if document.arg else 200
            return Response(_DOCUMENT, status, media_type="application/xml")
        if scope["method"] == "GET" and path.endswith(_LISTS):
            return self._forbidden(path)
        return None

    def _forbidden(self, path: str) -> Response | None:
        fault = self._faults.peek(FaultName.FORBIDDEN_LIST)
        if (
            fault is None
            or not _concerns(fault, path)
            or not self._faults.hit(FaultName.FORBIDDEN_LIST, path)
        ):
            return None
        if path.startswith(_ALTERYX):
            return JsonReply(DENIED, status_code=401)
        detail = "User does not have permission to manage queries in this sandbox"
        return JsonReply(
            {
                "type": "http://ns.adobe.com/aep/errors/QS-403",
                "status": 403,
                "title": "Forbidden",
                "detail": detail,
            },
            status_code=403,
        )


def _concerns(fault: Fault, path: str) -> bool:
    """Whether a list is the one that `arg` names: the end of its path."""
    return not fault.arg or path.rstrip("/").endswith(fault.arg.rstrip("/"))


def _too_many(headers: dict[str, str]) -> Response:
    body = {"error_code": "429050", "message": "Too many requests"}
    return JsonReply(body, status_code=429, headers=headers)


async def _nowhere(_message: Message) -> None:
    """Swallow an answer."""


def _halved(send: Send) -> Send:
    """Send only the first half of a body, with a length that agrees with it."""
    start: list[Message] = []

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
            return
        body = message.get("body", b"")
        half = body[: len(body) // 2]
        for first in start:
            MutableHeaders(scope=first)["content-length"] = str(len(half))
            await send(first)
        start.clear()
        await send({**message, "body": half})

    return cut
