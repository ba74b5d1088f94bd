"""What may leave.

Writes and GET to the origin of `base_url`, the token call to `token_url`; no writes while the
profile is read-only, and nothing to any other host ever, whatever a payload or a redirect names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from qsui.domain.addresses import origin
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Gate(httpx.AsyncBaseTransport):
    """Lets a request pass to its origin's connections, or refuses it."""

    def __init__(
        self,
        routes: Mapping[tuple[str, str, int], httpx.AsyncBaseTransport],
        *,
        base: tuple[str, str, int],
        token_url: str,
        read_only: bool,
        seen: Callable[[httpx.Request, httpx.Response | None], None],
    ) -> None:
        self._routes = routes
        self._base = base
        self._token_url = httpx.URL(token_url)
        self._read_only = read_only
        self._seen = seen

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, or raise `ConfigError`."""
        self.check(request)
        self._seen(request, None)
        response = await self._routes[origin(str(request.url))].handle_async_request(request)
        self._seen(request, response)
        return response

    def check(self, request: httpx.Request) -> None:
        """Raise `ConfigError` if a request may not leave."""
        target = origin(str(request.url))
        bears_token = request.headers.get("Authorization", "").lower().startswith("bearer")
        if request.method == "POST" and request.url == self._token_url and not bears_token:
            return
        if target != self._base:
            raise ConfigError(f"A request to {target[1]} was not sent: it is not base_url.")
        if self._read_only and request.method != "GET":
            raise ConfigError(f"This profile is read-only: a {request.method} was not sent.")

    async def aclose(self) -> None:
        """Close every route."""
        for route in set(self._routes.values()):
            await route.aclose()
