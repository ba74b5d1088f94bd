"""The connections to each server: a pool that stays for reads, new ones for each write."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from qsui.backends.reachability import proxy_for
from qsui.domain.addresses import origin
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from qsui.backends.options import ConnectionOptions

Routes = dict[tuple[str, str, int], httpx.AsyncBaseTransport]

# Idle connections outlive the longest poll interval of a visible list.
_POOLED = httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=120.0)
_FRESH = httpx.Limits(max_connections=1, max_keepalive_connections=0, keepalive_expiry=0.0)


class Connections:
    """Opens connections to `base` and, if tokens are fetched, to `token_url`.

    `inner` replaces the network for all of them (tests).

    Raises:
        ConfigError: The certificates or the proxy cannot be used.
    """

    def __init__(
        self,
        base: str,
        token_url: str,
        options: ConnectionOptions,
        inner: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._base = base
        self._urls = [base, token_url] if options.client_secret else [base]
        self._inner = inner
        secure = inner is None and any(origin(url)[0] == "https" for url in self._urls)
        # Plain http needs no certificates: a context that trusts nobody costs nothing.
        self._context = (
            _tls_context(options.ca_bundle) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )

    def pooled(self) -> Routes:
        """Return connections that stay open between calls, to every server."""
        routes: Routes = {}
        for url in self._urls:
            if origin(url) not in routes:
                routes[origin(url)] = self._inner or self._open(url, _POOLED)
        return routes

    def fresh(self) -> Routes:
        """Return a connection for one call to `base`, which no call used before."""
        if self._inner is not None:
            return {origin(self._base): _Borrowed(self._inner)}
        return {origin(self._base): self._open(self._base, _FRESH)}

    def _open(self, url: str, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
        try:
            return httpx.AsyncHTTPTransport(
                verify=self._context,
                trust_env=False,
                limits=limits,
                proxy=proxy_for(url) or None,
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise ConfigError(
                "The proxy that the environment names (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) "
                "cannot be used: it must be an http:// or https:// address."
            ) from error


class _Borrowed(httpx.AsyncBaseTransport):
    """Another's transport, which stays open when this is closed."""

    def __init__(self, owned: httpx.AsyncBaseTransport) -> None:
        self._owned = owned

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._owned.handle_async_request(request)


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
