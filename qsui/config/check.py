"""Make a complete profile of a table, or say in one sentence what it lacks and where to set it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qsui.config.locate import dotted
from qsui.config.settings import (
    ADOBE_REQUESTS_PER_MIN,
    ALTERYX_REQUESTS_PER_MIN,
    Profile,
    SecretSource,
)
from qsui.domain.addresses import (
    ADOBE_BASE_URL,
    ADOBE_SCOPES,
    ADOBE_TOKEN_URL,
    ALTERYX_TOKEN_PATH,
    fault_of,
    web_api_url,
)
from qsui.domain.errors import ConfigError
from qsui.domain.secret import NO_SECRET, Secret, token_claims

if TYPE_CHECKING:
    from pydantic import SecretStr

    from qsui.config.schema import ProfileTable


def complete_profile(
    name: str,
    table: ProfileTable,
    *,
    origin: str,
    from_environment: bool,
    folder: Path,
    read_only_because: str,
) -> Profile:
    """Fill in the defaults and check what only this profile needs.

    `folder` is what relative paths of the file are relative to. `read_only_because` says what
    outside the profile forbids writes, empty if nothing does.

    Raises:
        ConfigError: Something is missing or cannot be used.
    """
    check = _Check(origin, from_environment=from_environment, backend=table.backend)
    of_backend = _of_alteryx if table.backend == "alteryx" else _of_adobe
    server = of_backend(table, check)
    secret, token, client_id = _login(table, check, folder)
    because = read_only_because
    if not because and table.read_only:
        because = f"read_only = true in [profiles.{dotted([name])}]"
    return Profile(
        name=name,
        origin=origin,
        backend=table.backend,
        base_url=server.base_url,
        token_url=server.token_url,
        org_id=table.org_id,
        client_id=client_id,
        client_secret=secret,
        access_token=token,
        sandbox=table.sandbox,
        scopes=server.scopes,
        production=server.production,
        web_url=table.web_url,
        read_only=bool(because),
        read_only_because=because,
        requests_per_min=table.requests_per_min or server.requests_per_min,
        ca_bundle=check.existing_file("ca_bundle", table.ca_bundle, folder),
        allow_http=table.allow_http,
    )


@dataclass(frozen=True, slots=True)
class _Server:
    """What the two backends fill in differently."""

    base_url: str
    token_url: str
    scopes: str
    production: bool | None
    requests_per_min: int


def _of_adobe(table: ProfileTable, check: _Check) -> _Server:
    for key in ("org_id", "sandbox"):
        if not getattr(table, key):
            raise check.missing(key)
        check.is_header(key, getattr(table, key))
    return _Server(
        base_url=check.url("base_url", table.base_url or ADOBE_BASE_URL, table.allow_http),
        token_url=check.url("token_url", table.token_url or ADOBE_TOKEN_URL, table.allow_http),
        scopes=table.scopes or ADOBE_SCOPES,
        production=table.production,
        requests_per_min=ADOBE_REQUESTS_PER_MIN,
    )


def _of_alteryx(table: ProfileTable, check: _Check) -> _Server:
    """Return what is set for a server that has neither organisations nor sandboxes.

    Nothing tells whether it is production, so it is unless the profile says otherwise.
    """
    for key in ("org_id", "sandbox", "scopes"):
        if getattr(table, key):
            raise check.fault(key, "does not belong to an Alteryx Server: remove it")
    if not table.base_url:
        raise check.missing("base_url")
    base_url = check.url("base_url", web_api_url(table.base_url), table.allow_http)
    token_url = table.token_url or base_url + ALTERYX_TOKEN_PATH
    return _Server(
        base_url=base_url,
        token_url=check.url("token_url", token_url, table.allow_http),
        scopes="",
        production=table.production is not False,
        requests_per_min=ALTERYX_REQUESTS_PER_MIN,
    )


class _Check:
    """Speaks of a setting as its user wrote it: a variable, or a key of the file."""

    def __init__(self, origin: str, *, from_environment: bool, backend: str) -> None:
        self._origin = origin
        self._from_environment = from_environment
        self.backend = backend

    def names(self, key: str) -> str:
        return f"QSUI_{key.upper()}" if self._from_environment else key

    def fault(self, key: str, words: str) -> ConfigError:
        if self._from_environment:
            return ConfigError(f"{self.names(key)} {words}")
        return ConfigError(f"{self._origin}: {key} {words}")

    def missing(self, key: str) -> ConfigError:
        if key == "client_secret":
            other = self.names("access_token")
            more = "" if self._from_environment else "client_secret_command, client_secret_env, "
            return self.fault(key, f"is missing: set it, or {more}{other}")
        return self.fault(key, f"is missing: {_MEANING[self.backend][key]}")

    def url(self, key: str, value: str, allow_http: bool) -> str:
        if fault := fault_of(value, allow_http=allow_http):
            raise self.fault(key, fault)
        return value

    def is_header(self, key: str, value: str) -> None:
        if not all("!" <= c <= "~" for c in value):
            raise self.fault(key, "holds a space or a character that cannot be sent in a header")

    def existing_file(self, key: str, value: str, folder: Path) -> Path | None:
        if not value:
            return None
        base = Path.cwd() if self._from_environment else folder
        path = base / Path(value).expanduser()
        if not path.is_file():
            raise self.fault(key, f"names {path}, which is not a file")
        return path


_MEANING = {
    "adobe": {
        "client_id": "it is the client id (API key) of the project in Adobe's developer console",
        "org_id": "it is the organisation's id and ends in @AdobeOrg",
        "sandbox": "it is the name of the sandbox, for example prod",
    },
    "alteryx": {
        "base_url": "it is the server's Web API address, such as https://alteryx.acme.com/webapi",
        "client_id": "it is the API access key of the server's page My Profile > Keys",
    },
}


def _login(table: ProfileTable, check: _Check, folder: Path) -> tuple[SecretSource, Secret, str]:
    """Return the client secret's source, the access token and the client id."""
    token = _hidden(table.access_token)
    secret = _secret(table, check, folder)
    if not token and not secret.is_given:
        raise check.missing("client_secret")
    client_id = table.client_id or _claimed(token)
    if not client_id and (secret.is_given or check.backend == "adobe"):
        raise check.missing("client_id")
    check.is_header("client_id", client_id)
    if check.backend == "alteryx" and ":" in client_id:
        raise check.fault("client_id", "holds a colon, which no API access key has")
    check.is_header("access_token", token.reveal())
    return secret, token, client_id


def _claimed(token: Secret) -> str:
    """Return the client id that a token says it was issued to; empty if it does not say."""
    found = token_claims(token.reveal()).get("client_id")
    return found if isinstance(found, str) else ""


def _hidden(value: SecretStr | None) -> Secret:
    return Secret(value.get_secret_value().strip()) if value is not None else NO_SECRET


def _secret(table: ProfileTable, check: _Check, folder: Path) -> SecretSource:
    given = {
        "client_secret": _hidden(table.client_secret),
        "client_secret_command": table.client_secret_command,
        "client_secret_env": table.client_secret_env,
        "client_secret_file": table.client_secret_file,
    }
    named = [key for key, value in given.items() if value]
    if len(named) > 1:
        raise check.fault(named[1], f"and {named[0]} are both given: keep one")
    file = table.client_secret_file
    return SecretSource(
        value=_hidden(table.client_secret),
        command=table.client_secret_command,
        env=table.client_secret_env,
        file=folder / Path(file).expanduser() if file else None,
    )
