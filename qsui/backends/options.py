"""What a connection is made from, and where secrets may go; standard library only."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from qsui.domain.errors import ConfigError

ADOBE_BASE_URL = "https://platform.adobe.io"
ADOBE_TOKEN_URL = "https://ims-na1.adobelogin.com/ims/token/v3"  # noqa: S105 an address
ADOBE_SCOPES = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"
QUERY_PATH = "/data/foundation/query"

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Secret:
    """A string that shows itself only through `reveal()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __bool__(self) -> bool:
        """Whether there is any text."""
        return bool(self._value)

    def __repr__(self) -> str:
        """Show stars."""
        return "Secret('***')" if self._value else "Secret('')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and other.reveal() == self._value

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((Secret, self._value))


NO_SECRET = Secret()


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """One profile, ready to be connected.

    `base_url` may end in `/data/foundation/query` or not. With `client_secret` tokens are fetched
    and renewed; else `access_token` is used as it is (its `client_id` claim stands in for a
    missing `client_id`). `ca_bundle` is a file of trusted certificates that replaces the built-in
    list.
    """

    profile: str
    backend: str = "adobe"
    base_url: str = ADOBE_BASE_URL
    token_url: str = ADOBE_TOKEN_URL
    org_id: str = ""
    client_id: str = ""
    client_secret: Secret = NO_SECRET
    access_token: Secret = NO_SECRET
    sandbox: str = ""
    scopes: str = ADOBE_SCOPES
    ca_bundle: str = ""
    allow_http: bool = False
    read_only: bool = True
    user_agent: str = ""


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


def check_url(url: str, setting: str, *, allow_http: bool) -> None:
    """Refuse an address that cannot work or that would send a secret in the clear.

    Raises:
        ConfigError: Names `setting` and says what is wrong with it.
    """
    try:
        parts = urlsplit(url.strip())
        scheme, host, _port = origin(url)
    except ValueError as error:
        raise ConfigError(f"{setting} is not an address: {error}.") from error
    if scheme not in _DEFAULT_PORTS or not host or any(c.isspace() for c in url.strip()):
        raise ConfigError(f"{setting} must be an address that begins with https://.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{setting} must not hold a user name or password.")
    if parts.query or parts.fragment:
        raise ConfigError(f"{setting} must end before any ? or #.")
    if scheme == "http" and not allow_http and not is_loopback(host):
        raise ConfigError(
            f"{setting} is plain http to {host}: credentials would travel unencrypted. "
            "Use https, or set allow_http = true if you must."
        )


def gateway_url(base_url: str) -> str:
    """Return the base URL without a trailing slash and without `/data/foundation/query`."""
    url = base_url.strip().rstrip("/")
    if url.lower().endswith(QUERY_PATH):
        url = url[: -len(QUERY_PATH)].rstrip("/")
    return url


def scope_key(backend: str, base_url: str, org_id: str, sandbox: str) -> str:
    """Return the SHA-256 (hex) that stored rows of one scope carry.

    The same for every spelling of the same address; the profile's name is not part of it.
    """
    parts: SplitResult = urlsplit(gateway_url(base_url))
    scheme, host, port = origin(base_url)
    address = f"{scheme}://{host}:{port}{parts.path}"
    text = "\n".join((backend, address, org_id.strip(), sandbox.strip()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
