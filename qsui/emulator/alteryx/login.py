"""API keys in, opaque bearer tokens out; and the check of later requests.

A token is about half a kilobyte, says nothing to its bearer, and is signed with a key of the
store, so it outlives a restart. There is no refresh token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

from qsui.emulator.alteryx.seeds import Role
from qsui.emulator.clock import SECOND
from qsui.emulator.replies import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsui.emulator.alteryx.catalogue import Catalogue, User
    from qsui.emulator.clock import VirtualClock
    from qsui.emulator.store import Store

TOKEN_LIFE_S: Final = 3600
_PADDING: Final = 280
DENIED: Final = {"message": "Authorization has been denied for this request."}


def denied() -> Refusal:
    """The one answer for a bad token, a bad key and a wrong role."""
    return Refusal(401, DENIED)


class Login:
    """Issues and checks tokens by virtual time; `life_s` is how long one lasts."""

    def __init__(
        self, store: Store, clock: VirtualClock, catalogue: Catalogue, *, life_s: int = TOKEN_LIFE_S
    ) -> None:
        self._clock = clock
        self._catalogue = catalogue
        self._life_s = life_s
        key = store.meta("ayx_token_key")
        if key is None:
            key = secrets.token_hex(16)
            store.set_meta("ayx_token_key", key)
        self._key = bytes.fromhex(key)

    def issue(self, headers: Mapping[str, str], body: bytes) -> dict[str, object]:
        """The token answer; key and secret come as HTTP Basic or in the form.

        Raises:
            Refusal: 400 with `error` and `error_description`.
        """
        form = {
            name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()
        }
        if form.get("grant_type") != "client_credentials":
            raise _refused("unsupported_grant_type", "The grant type is not supported.")
        key, secret = _basic(headers) or (form.get("client_id", ""), form.get("client_secret", ""))
        user = self._catalogue.key_owner(key)
        if user is None or not hmac.compare_digest(user.seed.secret.encode(), secret.encode()):
            raise _refused("invalid_client", "The client id or secret is not valid.")
        if not user.seed.api_enabled or not user.seed.active:
            raise _refused("invalid_client", "API access is not enabled for this user.")
        return {
            "access_token": self.token(user),
            "token_type": "bearer",
            "expires_in": self._life_s,
        }

    def token(self, user: User) -> str:
        """A fresh token of a user."""
        end = self._clock.now_us() + self._life_s * SECOND
        content = f"{user.seed.key}|{end}|".encode() + secrets.token_bytes(_PADDING)
        return base64.urlsafe_b64encode(self._signature(content) + content).decode()

    def user(self, headers: Mapping[str, str]) -> User:
        """Who sends a request.

        Raises:
            Refusal: 401 without a token that is still good.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        try:
            blob = base64.urlsafe_b64decode(token.strip())
        except (binascii.Error, ValueError):
            raise denied() from None
        signature, content = blob[:32], blob[32:]
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            signature, self._signature(content)
        ):
            raise denied()
        key, end, _ = content.split(b"|", 2)
        user = self._catalogue.key_owner(key.decode())
        if user is None or self._clock.now_us() >= int(end):
            raise denied()
        if user.seed.role is Role.NO_ACCESS:
            raise denied()
        return user

    def _signature(self, content: bytes) -> bytes:
        return hmac.new(self._key, content, hashlib.sha256).digest()


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Key and secret of an `Authorization: Basic` header, if there is one."""
    scheme, _, coded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(coded.strip()).decode()
    except (binascii.Error, ValueError):
        raise _refused("invalid_client", "The Authorization header is not valid.") from None
    key, _, secret = text.partition(":")
    return unquote(key), unquote(secret)


def _refused(error: str, description: str) -> Refusal:
    return Refusal(400, {"error": error, "error_description": description})
