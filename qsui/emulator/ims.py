"""The login: client credentials in, a bearer token out; and the check of later requests.

Tokens look like the real ones (three base64url parts whose payload has `created_at` and
`expires_in` as strings of milliseconds) and are signed with a key kept in the store, so they
outlive a restart.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs

from qsui.emulator.clock import VirtualClock
from qsui.emulator.ids import ORG
from qsui.emulator.quirks import Quirks
from qsui.emulator.replies import Refusal, gateway_refused, problem, refused
from qsui.emulator.store import Store

CLIENT_ID = "qsui-demo"
CLIENT_SECRET = "qsui-demo-secret"  # noqa: S105 - the published secret of a server without secrets
TOKEN_LIFE_S = 86_399
CALLER = "DE3A00000000000000000042@techacct.adobe.com"


def _part(value: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unpart(text: str) -> Mapping[str, object]:
    value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value if isinstance(value, dict) else {}


class Login:
    """Issues and checks tokens by virtual time; `life_s` is how long one lasts."""

    def __init__(
        self, store: Store, clock: VirtualClock, quirks: Quirks, *, life_s: int = TOKEN_LIFE_S
    ) -> None:
        self._clock = clock
        self._quirks = quirks
        self._life_s = life_s
        self._store = store
        key = store.meta("token_key")
        if key is None:
            key = secrets.token_hex(16)
            store.set_meta("token_key", key)
        self._key = bytes.fromhex(key)

    def issue(self, body: bytes) -> dict[str, object]:
        """The token answer to a form-encoded request.

        Raises:
            Refusal: 400 or 401 with `error` and `error_description`.
        """
        form = {
            name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()
        }
        grant = form.get("grant_type")
        if grant != "client_credentials":
            raise _denied(
                400, "unsupported_grant_type", f"grant_type {grant or '(missing)'} is not supported"
            )
        if form.get("client_id") != CLIENT_ID:
            raise _denied(400, "invalid_client", "invalid client_id parameter")
        if not hmac.compare_digest(form.get("client_secret", "").encode(), CLIENT_SECRET.encode()):
            raise _denied(401, "invalid_client", "invalid client_secret parameter")
        if not form.get("scope"):
            raise _denied(400, "invalid_scope", "scope is missing")
        created_ms = self._clock.now_us() // 1000
        payload = {
            "id": secrets.token_hex(8),
            "type": "access_token",
            "client_id": CLIENT_ID,
            "user_id": CALLER,
            "scope": form["scope"],
            "created_at": str(created_ms),
            "expires_in": str(self._life_s * 1000),
        }
        content = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(payload)}"
        lifetime = self._life_s * (1000 if self._quirks["Q36"] == "ms" else 1)
        return {
            "access_token": f"{content}.{self._signature(content)}",
            "token_type": "bearer",
            "expires_in": lifetime,
        }

    def check(self, headers: Mapping[str, str]) -> None:
        """Refuse a request without a valid token, key or organisation.

        Raises:
            Refusal: In the gateway's words.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise gateway_refused(403, "403010", "Oauth token is missing.")
        if not self._is_valid(token.strip()):
            raise gateway_refused(401, "401013", "Oauth token is not valid")
        key = headers.get("x-api-key")
        if not key:
            raise gateway_refused(403, "403000", "Api Key is required")
        if key != CLIENT_ID:
            raise gateway_refused(403, "403003", "Api Key is invalid")
        org = headers.get("x-gw-ims-org-id")
        if not org:
            raise gateway_refused(400, "400003", "Missing header: x-gw-ims-org-id")
        if org != ORG:
            raise gateway_refused(403, "403025", "Profile is not valid")

    def sandbox(self, headers: Mapping[str, str]) -> str:
        """The sandbox that a request names.

        Raises:
            Refusal: 400 without the header, 403 if there is no such sandbox.
        """
        name = headers.get("x-sandbox-name", "")
        if not name:
            raise refused(400, "Missing header: x-sandbox-name")
        if self._store.one("SELECT 1 FROM sandboxes WHERE name=?", name) is None:
            raise problem(
                403,
                "Forbidden",
                f"Sandbox '{name}' does not exist or this client has no access to it",
            )
        return name

    def _signature(self, content: str) -> str:
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()

    def _is_valid(self, token: str) -> bool:
        content, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(content).encode()):
            return False
        try:
            payload = _unpart(content.partition(".")[2])
            end_ms = int(str(payload["created_at"])) + int(str(payload["expires_in"]))
        except (binascii.Error, ValueError, KeyError):
            return False
        return self._clock.now_us() < end_ms * 1000


def _denied(status: int, error: str, description: str) -> Refusal:
    return Refusal(status, {"error": error, "error_description": description})
