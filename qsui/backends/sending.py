"""Writes: each over a connection of its own, sent once, and told apart by whether they left.

With `transport.py` the only code that catches httpx errors. A read may be repeated and a write may
not, so here it matters what an error proves: nothing left, or the server refused it, or nobody
knows.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from qsui import __version__
from qsui.backends.reachability import proxy_for, unreachable
from qsui.backends.responses import read_body, request_id_of
from qsui.backends.unknown import (
    clause_half_answered,
    clause_without_answer,
    outcome_unknown,
    unknown_for,
)
from qsui.domain.errors import ApiError, BadResponse, ServerError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.backends.auth import TokenSource
    from qsui.backends.faults import Place
    from qsui.backends.gate import Gate
    from qsui.domain.ports import Outgoing

# A lost answer costs a person more than a slow one: writes are waited for longer than reads.
_TIMEOUT = httpx.Timeout(10.0, connect=5.0, read=30.0)
_WHOLE_WRITE_S = 45.0
_KEPT_HERE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_LOST = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, BadResponse)


@dataclass(slots=True)
class _Departure:
    """Whether a request began to leave, as the connection tells step by step.

    `is_told` is false where no connection tells anything: then only the error does.
    """

    method: bytes
    is_told: bool = False
    has_left: bool = False

    async def trace(self, event: str, told: dict[str, Any]) -> None:
        """Take one step of the connection; a CONNECT to a proxy is not yet the request."""
        self.is_told = True
        if event.endswith(".send_request_headers.started"):
            self.has_left |= told["request"].method == self.method

    def may_have_happened(self, error: BaseException) -> bool:
        """Whether the server may have seen the request before this error."""
        return self.has_left if self.is_told else not isinstance(error, _KEPT_HERE)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends writes to one server.

    `open_gate` makes new connections for one request, `api_key` goes with it (empty: none),
    `place_of` says where a request in these words goes.
    """

    open_gate: Callable[[], Gate]
    tokens: TokenSource
    api_key: str
    place_of: Callable[[str], Place]

    async def send(self, outgoing: Outgoing) -> tuple[httpx.Response, bytes]:
        """Return the answer, 2xx or 4xx; a 401 is followed by one renewal and one resend.

        A task that is cancelled meanwhile ends with `CancelledError`, which does not tell whether
        the request left: count it as unknown.

        Raises:
            OutcomeUnknown: It left, and no answer told what became of it.
            Unreachable: Nothing left, or nothing but what a 401 refused.
            ConfigError: It may not leave.
            ApiError: The token endpoint gives no token.
        """
        request_id = str(uuid.uuid4())
        self.open_gate().check(self._request(outgoing, request_id))
        token = await _token(self.tokens.current())
        response, body = await self._once(outgoing, request_id, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            renewed = await _token(self.tokens.renewed(token))
            if renewed != token:
                return await self._once(outgoing, request_id, renewed)
        return response, body

    def _request(self, outgoing: Outgoing, request_id: str, token: str = "") -> httpx.Request:
        headers = dict(outgoing.headers) | {
            "User-Agent": f"qsui/{__version__}",
            "x-request-id": request_id,
            "Authorization": f"Bearer {token}",
        }
        if self.api_key:
            headers["x-api-key"] = self.api_key
        content = outgoing.body.encode() if outgoing.body else None
        return httpx.Request(outgoing.method, outgoing.url, headers=headers, content=content)

    async def _once(
        self, outgoing: Outgoing, request_id: str, token: str
    ) -> tuple[httpx.Response, bytes]:
        request = self._request(outgoing, request_id, token)
        departure = _Departure(request.method.encode("ascii"))
        request.extensions = {"timeout": _TIMEOUT.as_dict(), "trace": departure.trace}
        place = self.place_of(outgoing.what)
        gate = self.open_gate()
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(_WHOLE_WRITE_S):
                response = await gate.handle_async_request(request)
                response.request = request
                body = await read_body(response, place.scope)
        except _LOST as error:
            if response is None:
                raise _unanswered(error, request, departure, place) from error
            body = _refusing(response, error, place)
        finally:
            if response is not None:
                await response.aclose()
            await gate.aclose()
        if response.is_success or response.is_client_error:
            return response, body
        raise unknown_for(
            response.status_code,
            body,
            place,
            request_id=request_id_of(response),
            location=response.headers.get("Location", ""),
        )


async def _token(asked: Awaitable[str]) -> str:
    """Wait for a token; an endpoint that is out of order says nothing about the write itself."""
    try:
        return await asked
    except (ServerError, BadResponse) as error:
        raise Unreachable(
            f"{error} Nothing was changed.",
            where=error.where,
            status=error.status,
            request_id=error.request_id,
        ) from error


def _refusing(response: httpx.Response, error: BaseException, place: Place) -> bytes:
    """Return an empty body for a refusal that was not sent to its end: it refuses all the same.

    Raises:
        OutcomeUnknown: It was no refusal.
    """
    if response.is_client_error:
        return b""
    raise outcome_unknown(
        clause_half_answered(error, place.what, response.status_code),
        place,
        status=response.status_code,
        request_id=request_id_of(response),
    ) from error


def _unanswered(
    error: BaseException, request: httpx.Request, departure: _Departure, place: Place
) -> ApiError:
    request_id = str(request.headers["x-request-id"])
    if departure.may_have_happened(error):
        clause = clause_without_answer(error, place.what)
        return outcome_unknown(clause, place, request_id=request_id)
    url = str(request.url)
    found = unreachable(error, url, "base_url", proxy=proxy_for(url), where=place.scope)
    return Unreachable(f"{found} Nothing was sent.", where=place.scope, request_id=request_id)
