"""Calls to Query Service: its paths, the headers of its scope, tokens from IMS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.auth import ImsTokens, StaticToken
from qsui.backends.faults import says_nothing_there
from qsui.backends.headers import client_id_of, scope_headers
from qsui.backends.options import check_url, gateway_url
from qsui.backends.paths import query_service_url
from qsui.backends.responses import charset_of, request_id_of
from qsui.backends.transport import Answer, HttpTransport, Params
from qsui.domain.addresses import origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from qsui.backends.auth import TokenSource
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.ports import Clock


class Transport(HttpTransport):
    """Calls to one server for one organisation and sandbox.

    `inner` replaces the network (tests). Close it with `aclose()`.

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
        check_url(options.base_url, "base_url", allow_http=options.allow_http)
        if options.client_secret:
            check_url(options.token_url, "token_url", allow_http=options.allow_http)
        client_id = client_id_of(options)
        self._scope_headers = scope_headers(options)

        def make_tokens() -> TokenSource:
            if not options.client_secret:
                return StaticToken(options.access_token)
            return ImsTokens(
                self._post_token,
                clock,
                client_id=client_id,
                client_secret=options.client_secret,
                scopes=options.scopes,
                host=origin(options.token_url)[1],
                where=where,
            )

        super().__init__(
            options,
            clock,
            base=gateway_url(options.base_url),
            token_url=options.token_url,
            where=where,
            make_tokens=make_tokens,
            api_key=client_id,
            inner=inner,
        )

    async def query_service(
        self,
        segments: Sequence[str],
        params: Params = (),
        *,
        what: str,
        empty_on_404: bool = False,
    ) -> Answer:
        """GET below `/data/foundation/query`; raises an `ApiError` for anything but 2xx.

        With `empty_on_404` a 404 in the service's own words is a list with nothing in it (204).
        """
        url = query_service_url(self._base, segments)
        return await self._get(url, params, what, self._scope_headers, empty_on_404=empty_on_404)

    async def gateway(self, path: str, params: Params = (), *, what: str) -> Answer:
        """GET another path of the same server, for the organisation instead of the sandbox."""
        headers = {k: v for k, v in self._scope_headers.items() if k != "x-sandbox-name"}
        return await self._get(self._base + path, params, what, headers)

    async def _get(
        self,
        address: str,
        params: Params,
        what: str,
        headers: Mapping[str, str],
        *,
        empty_on_404: bool = False,
    ) -> Answer:
        response, body = await self._fetch(address, params, headers)
        request_id = request_id_of(response)
        if response.status_code == 404 and empty_on_404 and says_nothing_there(body):
            return Answer(b"", 204, "", request_id)
        if not response.is_success:
            raise self._error(response, body, what, request_id)
        return Answer(body, response.status_code, charset_of(response), request_id)
