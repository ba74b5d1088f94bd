"""Why no answer came, as a sentence, and which proxy of the environment stands in between."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from qsui.domain.addresses import is_loopback, origin
from qsui.domain.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator


def proxy_for(url: str) -> str:
    """Return the proxy address that the environment names for a URL; empty for none.

    Loopback never goes through a proxy, whatever the environment says.
    """
    scheme, host, port = origin(url)
    if is_loopback(host) or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return ""
    proxies = getproxies()
    proxy = (proxies.get(scheme) or proxies.get("all") or "").strip()
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.extend((current.__context__, current.__cause__))


def unreachable(
    error: BaseException, url: str, setting: str, *, proxy: str = "", where: str = ""
) -> Unreachable:
    """Return the error for a call that got no answer; `setting` is what holds `url`."""
    _scheme, host, port = origin(url)
    address = f"{host}:{port}"
    via = f" (through the proxy {urlsplit(proxy).hostname})" if proxy else ""
    hint = f"{setting}, and the proxy variables" if proxy else setting
    causes = list(_chain(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        text = f"The host name {host} was not found{via}. Check {hint} and the network."
    elif any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        text = (
            f"The certificate of {address} is not trusted{via}. If a company proxy signs traffic, "
            f"set ca_bundle to its certificate file; else check {setting}."
        )
    elif any(isinstance(cause, ssl.SSLError) for cause in causes):
        text = f"No secure connection to {address}{via}. Is it https? Check {hint}."
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        text = f"{address} refused the connection{via}. Is the server running? Check {hint}."
    elif any(isinstance(cause, TimeoutError) or _is_timeout(cause) for cause in causes):
        text = f"{address} did not answer in time{via}. Check the network and {hint}."
    elif any(_broke(cause) for cause in causes):
        text = (
            f"{address} closed the connection before its answer was complete{via}. "
            "Try again; if it goes on, a proxy or the server is at fault."
        )
    else:
        text = f"{address} cannot be reached{via}. Check the network and {hint}."
    return Unreachable(text, where=where)


def _is_timeout(error: BaseException) -> bool:
    return type(error).__name__ in {"ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"}


def _broke(error: BaseException) -> bool:
    names = {"ReadError", "WriteError", "CloseError", "RemoteProtocolError"}
    return isinstance(error, ConnectionError) or type(error).__name__ in names
