"""Addresses of servers: Adobe's own, what makes one usable, and when plain http is harmless."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

ADOBE_BASE_URL = "https://platform.adobe.io"
ADOBE_TOKEN_URL = "https://ims-na1.adobelogin.com/ims/token/v3"  # noqa: S105 (an address)
ADOBE_SCOPES = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"
"""What a token is asked for at `ADOBE_TOKEN_URL`."""

ALTERYX_TOKEN_PATH = "oauth2/token"  # noqa: S105 (an address)
"""Where an Alteryx Server gives out tokens, below its web API."""

_WEB_API_PATH = "/webapi"
_VERSION = re.compile(r"/(?:user/|admin/)?v[123]$", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port, lower-case and with the default port filled in.

    Raises:
        ValueError: The port is not a number.
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme, 0)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def web_api_url(base_url: str) -> str:
    """Return the address of an Alteryx Server's web API, with one slash at its end.

    A host alone, `/webapi` and `/webapi/v3` mean the same, and so does the address of its pages,
    `/gallery`. Any other path is taken to be where an administrator put the API.
    """
    url = base_url.strip().rstrip("/")
    if url and "://" not in url:
        url = f"https://{url}"
    address, scheme_end = url, url.find("://") + 3
    slash = address.find("/", scheme_end)
    head, path = (address, "") if slash < 0 else (address[:slash], address[slash:])
    path = _VERSION.sub("", path)
    if not path or path.lower() == "/gallery" or path.lower().startswith("/gallery/"):
        path = _WEB_API_PATH
    return f"{head}{path}/"


def fault_of(url: str, *, allow_http: bool) -> str:
    """Say why an address cannot work or would show a secret to the network; empty if it is fine.

    The words follow the name of the setting; they repeat no user name and no password.
    """
    try:
        parts = urlsplit(url.strip())
        scheme, host, _port = origin(url)
    except ValueError:
        return f"is not an address: {_harmless(url)}"
    if scheme not in _DEFAULT_PORTS or not host or any(c <= " " for c in url.strip()):
        return f"must be an https address, not {_harmless(url)!r}"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user name or password"
    if parts.query or parts.fragment:
        return "must not hold `?` or `#`"
    if scheme == "http" and not allow_http and not is_loopback(host):
        return (
            f"uses plain http to {host}, which would show the token to the network: use https, or "
            "set allow_http = true in a profile of the settings file"
        )
    return ""


def _harmless(url: str) -> str:
    """Leave out what stands before an `@`: it may be a password."""
    _, sign, after = url.rpartition("@")
    return f"…@{after}" if sign else url
