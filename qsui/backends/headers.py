"""Who asks, and for which organisation and sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.auth import is_header_text
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from qsui.backends.options import ConnectionOptions


def client_id_of(options: ConnectionOptions) -> str:
    """Return the client id.

    Raises:
        ConfigError: The options cannot log in; the message names the setting.
    """
    if not options.client_secret and not options.access_token:
        raise ConfigError("client_secret is missing (or an access token, QSUI_ACCESS_TOKEN).")
    if not options.client_secret and not is_header_text(options.access_token.reveal()):
        raise ConfigError("access_token holds characters that no token has.")
    client_id = options.client_id.strip()
    if not is_header_text(client_id):
        raise ConfigError("client_id is missing or holds characters that no client id has.")
    return client_id


def scope_headers(options: ConnectionOptions) -> dict[str, str]:
    """Return the headers that say which organisation and sandbox is meant.

    Raises:
        ConfigError: A value cannot stand in a header; the message names the setting.
    """
    values = {"org_id": options.org_id.strip(), "sandbox": options.sandbox.strip()}
    for setting, value in values.items():
        if not is_header_text(value):
            raise ConfigError(f"{setting} is missing or holds characters that it cannot have.")
    return {"x-gw-ims-org-id": values["org_id"], "x-sandbox-name": values["sandbox"]}
