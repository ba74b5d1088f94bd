"""Calls to an Alteryx Server: its paths, its tokens, and what its 401 means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.alteryx.abilities import REFUSED_FOR
from qsui.backends.alteryx.faults import not_for_this_key, server_error_for
from qsui.backends.alteryx.tokens import ServerTokens
from qsui.backends.auth import StaticToken, is_header_text
from qsui.backends.paths import segment
from qsui.backends.responses import charset_of, request_id_of
from qsui.backends.transport import Answer, HttpTransport, Params
from qsui.domain.addresses import (
    ADOBE_TOKEN_URL,
    ALTERYX_TOKEN_PATH,
    origin,
    web_api_url,
)
from qsui.domain.errors import ConfigError, Forbidden, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import httpx

    from qsui.backends.auth import TokenSource
    from qsui.backends.faults import Place
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.errors import ApiError
    from qsui.domain.ports import Clock, Outgoing

CREDENTIALS = "v3/credentials"
"""The call that every key may make: it tells a bad token from a wrong role."""

_READ_S = 30.0


class ServerTransport(HttpTransport):
    """Calls to one server.

    A call that is not for this key is remembered, so that it is not tried again and again. `inner`
    replaces the network (tests). Close it with `aclose()`.

    Raises:
        ConfigError: A setting cannot work; the message names it.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        clock: Clock,
        *,
        where: str,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        _check_login(options)
        token_url = token_url_of(options)

        def make_tokens() -> TokenSource:
            if not options.client_secret:
                return StaticToken(options.access_token)
            return ServerTokens(
                self._post_token, clock, options, host=origin(token_url)[1], where=where
            )

        self._refused: dict[str, tuple[datetime, Forbidden]] = {}
        self._proven = ""
        super().__init__(
            options,
            clock,
            base=web_api_url(options.base_url),
            token_url=token_url,
            where=where,
            make_tokens=make_tokens,
            inner=inner,
        )

    def url(self, call: str, ids: Sequence[str] = ()) -> str:
        """Return an absolute address; each `{}` of `call` is one of `ids`.

        Raises:
            BadResponse: One of `ids` cannot be the id of a record.
        """
        return self._base + call.format(*(segment(id) for id in ids))

    async def get(
        self, call: str, ids: Sequence[str] = (), params: Params = (), *, what: str
    ) -> Answer:
        """GET below the API's base; raises an `ApiError` for anything but 2xx.

        Raises:
            Forbidden: The call is not for this key, as it said now or lately.
        """
        known = self._refused.get(call)
        if known is not None:
            if self._clock.now() < known[0]:
                raise known[1]
            del self._refused[call]
        response, body = await self._fetch(self.url(call, ids), params, {}, read_s=_READ_S)
        request_id = request_id_of(response)
        if response.is_success:
            self._proven = self._tokens.latest
            return Answer(body, response.status_code, charset_of(response), request_id)
        error = self._error(response, body, what, request_id)
        if isinstance(error, Unauthorized) and await self.is_token_good(call):
            refusal = self._wrong_role(error, what)
            self._refused[call] = (self._clock.now() + REFUSED_FOR, refusal)
            raise refusal
        raise error

    async def send(self, outgoing: Outgoing, *, thing: str = "") -> Answer:
        """Send a write, once; a 401 that is not about the token is a `Forbidden`."""
        try:
            return await super().send(outgoing, thing=thing)
        except Unauthorized as error:
            if self._tokens.latest and await self.is_token_good(outgoing.path):
                raise self._wrong_role(error, outgoing.what) from error
            raise

    async def is_token_good(self, refused_call: str) -> bool:
        """Whether the token that was just refused is accepted by another call.

        The lowest roles may not even be given that call: then it counts that the same token, which
        is a renewed one, was accepted elsewhere.
        """
        if refused_call != CREDENTIALS:
            response, _ = await self._fetch(self.url(CREDENTIALS), (), {})
            if response.is_success:
                self._proven = self._tokens.latest
                return True
        return self._tokens.info.can_renew and self._proven == self._tokens.latest != ""

    def forget_refusals(self) -> None:
        """Try again what was not for this key: a role may have changed."""
        self._refused.clear()

    def _wrong_role(self, error: ApiError, what: str) -> Forbidden:
        return not_for_this_key(
            self.place(what),
            words=error.detail,
            where=error.where,
            status=error.status,
            request_id=error.request_id,
            detail=error.detail,
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
        return server_error_for(
            status, body, place, request_id=request_id, pause_s=pause_s, location=location
        )


def token_url_of(options: ConnectionOptions) -> str:
    """Return the token endpoint: the one that was set, else the server's own."""
    given = options.token_url.strip()
    if given and given != ADOBE_TOKEN_URL:
        return given
    return web_api_url(options.base_url) + ALTERYX_TOKEN_PATH


def _check_login(options: ConnectionOptions) -> None:
    if not options.client_secret and not options.access_token:
        raise ConfigError("client_secret is missing (or an access token, QSUI_ACCESS_TOKEN).")
    if not options.client_secret and not is_header_text(options.access_token.reveal()):
        raise ConfigError("access_token holds characters that no token has.")
    if options.client_secret and not options.client_id.strip():
        raise ConfigError("client_id is missing: the API access key that belongs to the secret.")
    if ":" in options.client_id:
        raise ConfigError("client_id holds a colon, which no API access key has.")
