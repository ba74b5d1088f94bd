"""What a connection is made from, and where secrets may go; standard library only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from qsui.domain.addresses import (
    ADOBE_BASE_URL,
    ADOBE_SCOPES,
    ADOBE_TOKEN_URL,
    fault_of,
    origin,
    web_api_url,
)
from qsui.domain.errors import ConfigError
from qsui.domain.secret import NO_SECRET, Secret

QUERY_PATH = "/data/foundation/query"


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """One profile, ready to be connected.

    `base_url` may end in `/data/foundation/query` or not, that of an Alteryx Server in `/webapi` or
    not; there `org_id`, `sandbox` and `scopes` say nothing, and `token_url` may be empty. With
    `client_secret` tokens are fetched and renewed; else `access_token` is used as it is.
    `ca_bundle` is a file of trusted certificates that replaces the built-in list.
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


def check_url(url: str, setting: str, *, allow_http: bool) -> None:
    """Refuse an address that cannot work or that would send a secret in the clear.

    Raises:
        ConfigError: Names `setting` and says what is wrong with it.
    """
    fault = fault_of(url, allow_http=allow_http)
    if fault:
        raise ConfigError(f"{setting} {fault}.")


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
    if backend == "alteryx":
        base_url = web_api_url(base_url).rstrip("/")
    parts: SplitResult = urlsplit(gateway_url(base_url))
    scheme, host, port = origin(base_url)
    address = f"{scheme}://{host}:{port}{parts.path}"
    text = "\n".join((backend, address, org_id.strip(), sandbox.strip()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
