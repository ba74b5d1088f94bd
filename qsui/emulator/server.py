"""The HTTP server under the application: uvicorn, quiet, with connections that can be torn down."""

import asyncio
import socket
import struct

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_GRACE_S = 1
_LINGER_NOT = struct.pack("ii", 1, 0)
_connections: dict[tuple[str, int], asyncio.Transport] = {}


class TearableProtocol(H11Protocol):
    """HTTP/1.1 that remembers the transport of every client address."""

    def connection_made(  # type: ignore[override]  # narrower than asyncio's, as in uvicorn
        self, transport: asyncio.Transport
    ) -> None:
        """Remember the new connection."""
        super().connection_made(transport)
        if self.client is not None:
            _connections[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        if self.client is not None:
            _connections.pop(self.client, None)
        super().connection_lost(exc)


def abort_connection(scope: Scope) -> None:
    """Reset the connection that a request came on: its client reads ECONNRESET."""
    client = scope.get("client")
    transport = _connections.get((client[0], client[1])) if client else None
    if transport is None:
        raise ConnectionResetError("the connection is gone already")
    peer = transport.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()


class QuietServer(uvicorn.Server):
    """A server that can be stopped from any thread."""

    def stop(self) -> None:
        """Finish open answers, then end `serve`."""
        self.should_exit = True


def make_server(app: ASGIApp) -> QuietServer:
    """A server for `app` that logs nothing below warnings and leaves the `Date` header to it."""
    return QuietServer(
        uvicorn.Config(
            app,
            http=TearableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
