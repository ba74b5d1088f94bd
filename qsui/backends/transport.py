"""The one way out: authenticated, bounded HTTP, reads retried; it catches httpx errors.

What may leave at all is decided in `gate.py`; how a write is sent is in `sending.py`.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NoReturn

import httpx

from qsui import __version__
from qsui.backends.auth import BearerAuth, TokenAnswer, TokenSource
from qsui.backends.connections import Connections
from qsui.backends.faults import Place, error_for, retry_after
from qsui.backends.gate import Gate
from qsui.backends.options import check_url
from qsui.backends.reachability import proxy_for, unreachable
from qsui.backends.responses import charset_of, read_body, request_id_of
from qsui.backends.sending import Sender
from qsui.domain.addresses import origin
from qsui.domain.errors import ApiError, BadResponse, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qsui.backends.connections import Routes
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.ports import Clock, Outgoing, TokenInfo

Params = tuple[tuple[str, str], ...]

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_WHOLE_CALL_S = 90.0
_RETRIES = 2
_RETRIED_STATUS = frozenset({500, 502, 503, 504})
_FIRST_PAUSE_S = 0.5
_NOISE = timedelta(seconds=1.5)


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: the body as received, its charset (empty: unsaid) and the id for support."""

    body: bytes
    status: int = 200
    charset: str = ""
    request_id: str = ""


class HttpTransport:
    """Calls to one server for one scope; a backend's own transport knows its paths and its words.

    `base` is the address that every path is below, `token_url` where tokens come from, `api_key`
    goes with every call (empty: no such header). `inner` replaces the network (tests). Close it
    with `aclose()`.

    Raises:
        ConfigError: A setting cannot work; the message names it.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        clock: Clock,
        *,
        base: str,
        token_url: str,
        where: str,
        make_tokens: Callable[[], TokenSource],
        api_key: str = "",
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        check_url(options.base_url, "base_url", allow_http=options.allow_http)
        if options.client_secret:
            check_url(token_url, "token_url", allow_http=options.allow_http)
        self._clock = clock
        self._where = where
        self._sandbox = options.sandbox
        self._base = base
        self._token_url = token_url.strip()
        self._offset: timedelta | None = None
        self._callbacks: list[Callable[[str], None]] = []
        self._secrets = (options.client_secret.reveal(),)
        self._tokens = make_tokens()
        self._auth = BearerAuth(self._tokens, api_key)
        connections = Connections(base, self._token_url, options, inner)
        self._read_only = options.read_only
        self._sender = Sender(
            lambda: self._gate(connections.fresh()), self._tokens, api_key, self.place
        )
        self._client = httpx.AsyncClient(
            transport=self._gate(connections.pooled()),
            timeout=_TIMEOUT,
            trust_env=False,
            follow_redirects=False,
            headers={
                "Accept": "application/json",
                "User-Agent": f"qsui/{__version__}",
            },
        )

    @property
    def host(self) -> str:
        """The server's name, for sentences."""
        return origin(self._base)[1]

    @property
    def token(self) -> TokenInfo:
        """The state of the bearer token."""
        return self._tokens.info

    @property
    def server_offset(self) -> timedelta:
        """Server time minus local time, to about a second; zero until an answer came."""
        return self._offset or timedelta()

    def on_request(self, callback: Callable[[str], None]) -> None:
        """Call back with `METHOD path` for every request that leaves, retries and token too."""
        self._callbacks.append(callback)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, outgoing: Outgoing, *, thing: str = "") -> Answer:
        """Send a write, once; `thing` is what a 404 is about (default: the request).

        Raises as `SendsActions.send` does.
        """
        response, body = await self._sender.send(outgoing)
        request_id = request_id_of(response)
        if not response.is_success:
            what = thing if thing and response.status_code == 404 else outgoing.what
            error = self._error(response, body, what, request_id)
            if isinstance(error, BadResponse):  # a web page says no as well as the service does
                raise Rejected(
                    str(error), where=self._where, status=error.status, request_id=request_id
                )
            raise error
        return Answer(body, response.status_code, charset_of(response), request_id)

    def place(self, what: str) -> Place:
        """Return what a sentence about a failed call of this server names."""
        return Place(
            self.host,
            self._where,
            self._sandbox,
            what,
            can_renew=self._tokens.info.can_renew,
            secrets=(*self._secrets, self._tokens.latest),
        )

    async def ask_for_token(self) -> TokenInfo:
        """Make sure that there is a token; raises as any call does."""
        await self._tokens.current()
        return self._tokens.info

    async def _fetch(
        self,
        address: str,
        params: Params,
        headers: Mapping[str, str],
        *,
        read_s: float | None = None,
    ) -> tuple[httpx.Response, bytes]:
        """GET; returns any answer. `read_s` is how long to wait for more of it."""
        url = httpx.URL(address)
        if params:
            url = url.copy_with(params=httpx.QueryParams(params))
        timeout = _TIMEOUT if read_s is None else httpx.Timeout(10.0, connect=5.0, read=read_s)

        def build() -> httpx.Request:
            mine = {**headers, "x-request-id": str(uuid.uuid4())}
            return self._client.build_request("GET", url, headers=mine, timeout=timeout)

        return await self._with_retries(build, self._auth, self._base, "base_url")

    def _error(self, response: httpx.Response, body: bytes, what: str, request_id: str) -> ApiError:
        now = self._clock.now() + self.server_offset
        return self._words_for(
            response.status_code,
            body,
            self.place(what),
            request_id=request_id,
            pause_s=retry_after(response.headers.get("Retry-After"), now),
            location=response.headers.get("Location", ""),
        )

    def _words_for(
        self,
        status: int,
        body: bytes,
        place: Place,
        *,
        request_id: str,
        pause_s: float | None,
        location: str,
    ) -> ApiError:
        """Return the error for a status outside 2xx, in this backend's words."""
        return error_for(
            status, body, place, request_id=request_id, pause_s=pause_s, location=location
        )

    def _gate(self, routes: Routes) -> Gate:
        return Gate(
            routes,
            base=origin(self._base),
            token_url=self._token_url,
            read_only=self._read_only,
            seen=self._saw,
        )

    async def _post_token(
        self, form: Mapping[str, str], more: Mapping[str, str] | None = None
    ) -> TokenAnswer:
        """Send a form to the token endpoint, with `more` headers."""

        def build() -> httpx.Request:
            headers = {**(more or {}), "x-request-id": str(uuid.uuid4())}
            return self._client.build_request("POST", self._token_url, data=form, headers=headers)

        response, body = await self._with_retries(build, None, self._token_url, "token_url")
        request_id = request_id_of(response)
        if response.status_code == 429 or response.status_code >= 500:
            place = Place(
                origin(self._token_url)[1],
                self._where,
                self._sandbox,
                "the request for a token (token_url)",
                secrets=self._secrets,
            )
            now = self._clock.now() + self.server_offset
            pause_s = retry_after(response.headers.get("Retry-After"), now)
            raise error_for(
                response.status_code, body, place, request_id=request_id, pause_s=pause_s
            )
        return TokenAnswer(response.status_code, body, charset_of(response), request_id)

    async def _with_retries(
        self,
        build: Callable[[], httpx.Request],
        auth: httpx.Auth | None,
        url: str,
        setting: str,
    ) -> tuple[httpx.Response, bytes]:
        """Send; again after 500 and 502-504 (twice) and after a lost connection (once)."""
        attempt, lost = 0, False
        while True:
            is_last = attempt == _RETRIES
            try:
                response, body = await self._once(build(), auth)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                may_repeat = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
                if lost or is_last or not may_repeat:
                    self._raise(error, url, setting)
                lost = True
            else:
                if is_last or response.status_code not in _RETRIED_STATUS:
                    return response, body
            await self._clock.sleep(_FIRST_PAUSE_S * 2**attempt)
            attempt += 1

    def _raise(self, error: BaseException, url: str, setting: str) -> NoReturn:
        if isinstance(error, httpx.DecodingError | httpx.InvalidURL):
            raise BadResponse(
                f"{origin(url)[1]} sent an answer that cannot be unpacked. Check {setting}.",
                where=self._where,
            ) from error
        raise unreachable(error, url, setting, proxy=proxy_for(url), where=self._where) from error

    async def _once(
        self, request: httpx.Request, auth: httpx.Auth | None
    ) -> tuple[httpx.Response, bytes]:
        async with asyncio.timeout(_WHOLE_CALL_S):
            response = await self._client.send(request, auth=auth, stream=True)
            try:
                return response, await read_body(response, self._where)
            finally:
                await response.aclose()

    def _saw(self, request: httpx.Request, response: httpx.Response | None) -> None:
        if response is None:
            for callback in self._callbacks:
                callback(f"{request.method} {request.url.path}")
        elif origin(str(request.url)) == origin(self._base):
            self._keep_offset(response.headers.get("Date"))

    def _keep_offset(self, date: str | None) -> None:
        if not date:
            return
        try:
            moment = parsedate_to_datetime(date)
        except (ValueError, TypeError, IndexError, OverflowError):
            return
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        # The header is cut to whole seconds: half of one is the fair guess.
        offset = moment + timedelta(seconds=0.5) - self._clock.now()
        if self._offset is None or abs(offset - self._offset) > _NOISE:
            self._offset = timedelta() if abs(offset) <= _NOISE else offset
