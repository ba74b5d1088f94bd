"""What may leave, and over which connections.

GET to the origin of `base_url`, the token call to `token_url`; nothing else while the profile is
read-only, and nothing to any other host ever, whatever a payload or a redirect names.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from qsui.backends.reachability import proxy_for
from qsui.domain.addresses import origin
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qsui.backends.options import ConnectionOptions

# Idle connections outlive the longest poll interval of a visible list.
_LIMITS = httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=120.0)


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
        target = origin(str(request.url))
        self._check(request, target)
        self._seen(request, None)
        response = await self._routes[target].handle_async_request(request)
        self._seen(request, response)
        return response

    def _check(self, request: httpx.Request, target: tuple[str, str, int]) -> None:
        bears_token = "Authorization" in request.headers
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


def routes_for(
    base: str, token_url: str, options: ConnectionOptions, inner: httpx.AsyncBaseTransport | None
) -> dict[tuple[str, str, int], httpx.AsyncBaseTransport]:
    """Return the connections to each origin; `inner` replaces the network for all of them.

    Raises:
        ConfigError: The certificates or the proxy cannot be used.
    """
    urls = [base, token_url] if options.client_secret else [base]
    if inner is not None:
        return {origin(url): inner for url in urls}
    secure = any(origin(url)[0] == "https" for url in urls)
    trusted = _tls_context(options.ca_bundle) if secure else None
    routes: dict[tuple[str, str, int], httpx.AsyncBaseTransport] = {}
    for url in urls:
        # Plain http needs no certificates: a context that trusts nobody costs nothing.
        context = trusted if trusted is not None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        proxy = proxy_for(url)
        try:
            routes.setdefault(
                origin(url),
                httpx.AsyncHTTPTransport(
                    verify=context, trust_env=False, limits=_LIMITS, proxy=proxy or None
                ),
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise ConfigError(
                "The proxy that the environment names (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) "
                "cannot be used: it must be an http:// or https:// address."
            ) from error
    return routes


def _tls_context(ca_bundle: str) -> ssl.SSLContext:
    try:
        if ca_bundle:
            return ssl.create_default_context(cafile=ca_bundle)
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        setting = "ca_bundle" if ca_bundle else "SSL_CERT_FILE (or SSL_CERT_DIR)"
        raise ConfigError(
            f"{setting} cannot be used as a file of trusted certificates: {error.strerror}."
        ) from error
