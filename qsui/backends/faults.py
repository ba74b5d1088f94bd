"""From an HTTP status and its body to an error with one plain sentence; pure.

The sentence says what failed, where, and which setting or permission to look at. The server's own
words are hostile text: only a cleaned, short excerpt gets into a sentence, without secrets.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from qsui.backends.options import QUERY_PATH
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unauthorized,
)

_EXCERPT = 200
_LONGEST_PAUSE_S = 86_400.0
_BLANK = b"\xef\xbb\xbf \t\r\n"
_UNKNOWN_SANDBOX = re.compile(
    r"sandbox.{0,80}(not found|not exist|unknown|invalid|not valid|no access|not allowed|inactive)"
    r"|(unknown|invalid|no such|not find|no access to).{0,40}sandbox",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a sentence about a failed call names.

    `host` is the server, `scope` the `profile/sandbox` label, `what` the thing asked for in plain
    words ("the list of schedules").
    """

    host: str
    scope: str
    sandbox: str
    what: str = "the request"
    can_renew: bool = True
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says; both may be empty."""

    code: str = ""
    text: str = ""


def excerpt(text: str, secrets: tuple[str, ...] = (), limit: int = _EXCERPT) -> str:
    """Return the server's words on one line, printable, without secrets and not too long."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = "".join(c if c.isprintable() else " " for c in text[: limit * 8])
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def looks_like_html(body: bytes) -> bool:
    """Whether a body is a web page."""
    head = body[:512].lstrip(_BLANK).lower()
    return head.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml"))


def read_error_body(body: bytes) -> ErrorBody:
    """Read the shapes that gateway, service and token endpoint use; never raises."""
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return ErrorBody()
    return _read_error_object(found) if isinstance(found, Mapping) else ErrorBody()


def _read_error_object(found: Mapping[str, Any]) -> ErrorBody:
    def text(key: str) -> str:
        value = found.get(key)
        return str(value) if isinstance(value, str | int | float) else ""

    if text("error_code"):
        return ErrorBody(text("error_code"), text("message"))
    if text("message") and "statusCode" in found:
        return ErrorBody("", text("message"))
    if text("title") or (text("detail") and "status" in found):
        words = " ".join(part for part in (text("title"), text("detail")) if part)
        return ErrorBody(text("code") or text("error-code"), words)
    if text("errorMessage"):
        return ErrorBody("", text("errorMessage"))
    if text("error") or text("error_description"):
        return ErrorBody(text("error"), text("error_description"))
    if isinstance(found.get("error"), Mapping):
        return _read_error_object({"message": "", **found["error"], "statusCode": 0})
    return ErrorBody(text("code"), text("message") or text("detail"))


def says_nothing_there(body: bytes) -> bool:
    """Whether the body of a 404 on a list is the service's way to say that there are no rows.

    It is empty or `{"message", "statusCode"}`; a gateway's or a stranger's 404, or one that names
    the path, is a wrong address, and one about the sandbox a wrong setting.
    """
    if not body.strip(_BLANK):
        return True
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, Mapping) or "statusCode" not in found or "error_code" in found:
        return False
    message = str(found.get("message")).lower()
    return "sandbox" not in message and QUERY_PATH not in message


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a `Retry-After` header, seconds or a date (relative to `now`); `None` if unusable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE_S)


def error_for(
    status: int,
    body: bytes,
    place: Place,
    *,
    request_id: str = "",
    pause_s: float | None = None,
    location: str = "",
) -> ApiError:
    """Return the error for a status outside 2xx; `location` is where a redirect pointed."""
    said = read_error_body(body)
    words = excerpt(said.text, place.secrets)
    common: dict[str, Any] = {
        "where": place.scope,
        "status": status,
        "code": said.code,
        "request_id": request_id,
        "detail": excerpt(said.text, place.secrets, 4000),
    }
    if status < 400:
        return BadResponse(
            _redirected(status, excerpt(location, place.secrets, 120), place), **common
        )
    if status == 401:
        return Unauthorized(_unauthorized(place, said), **common)
    if status == 429:
        return RateLimited(_throttled(pause_s, place), retry_after_s=pause_s, **common)
    if status >= 500:
        return ServerError(
            f"{place.host} failed on {place.what} (HTTP {status}){_colon(words)} "
            "It is not your settings; try again later.",
            **common,
        )
    if _UNKNOWN_SANDBOX.search(said.text):
        return _SANDBOX_CLASSES.get(status, Rejected)(
            f"{place.host} does not know sandbox '{place.sandbox}' or you have no access to it "
            f"(HTTP {status}). Check the setting sandbox.",
            **common,
        )
    return _client_error(status, said, words, place, common, is_html=looks_like_html(body))


_SANDBOX_CLASSES: Mapping[int, type[ApiError]] = {403: Forbidden, 404: NotFound}


def _colon(words: str) -> str:
    return f": {words.rstrip('.')}." if words else "."


def _redirected(status: int, target: str, place: Place) -> str:
    to = f" to {target}" if target else ""
    return (
        f"{place.host} sent {place.what} elsewhere ({status}{to}); qsui follows no redirects. "
        "Set base_url to the final address."
    )


def _throttled(pause_s: float | None, place: Place) -> str:
    wait = f" It asks for {pause_s:.0f} s of rest." if pause_s else ""
    return (
        f"{place.host} has had too many requests (429).{wait} Lower requests_per_min if this "
        "goes on."
    )


def _unauthorized(place: Place, said: ErrorBody) -> str:
    code = f" ({said.code})" if said.code.isalnum() else ""
    if place.can_renew:
        return (
            f"{place.host} refused the token, also after a renewal{code}. Check client_id and "
            "client_secret, and that token_url belongs to the same environment as base_url."
        )
    return (
        f"{place.host} refused the access token{code}: it has expired or belongs to another "
        "environment. Get a new one and set access_token (QSUI_ACCESS_TOKEN), or use client_id "
        "and client_secret, which renew by themselves."
    )


def _client_error(
    status: int,
    said: ErrorBody,
    words: str,
    place: Place,
    common: dict[str, Any],
    *,
    is_html: bool,
) -> ApiError:
    if status == 403:
        return Forbidden(_forbidden(said.code, words, place), **common)
    if status == 404 and is_html:
        return BadResponse(
            f"{place.host} has no Query Service at this address (404, a web page). Check base_url.",
            **common,
        )
    if status == 404:
        return NotFound(
            f"{place.host} does not know {place.what} in {place.scope}{_colon(words)} It was "
            "deleted, or the setting sandbox (or base_url) is wrong.",
            **common,
        )
    if status == 409:
        return Conflict(f"Too late for {place.what} in {place.scope}{_colon(words)}", **common)
    if said.code == "400003" or "x-gw-ims-org-id" in said.text:
        return Rejected(
            f"{place.host} misses a header (HTTP {status}){_colon(words)} Check the setting "
            "org_id.",
            **common,
        )
    return Rejected(
        f"{place.host} refused {place.what} (HTTP {status}){_colon(words)}",
        **common,
    )


def _forbidden(code: str, words: str, place: Place) -> str:
    if code in ("403000", "403003"):
        return (
            f"{place.host} does not accept the API key ({code}). Check client_id, and that the "
            "Experience Platform API was added to its project in the Developer Console."
        )
    if code == "403025":
        return (
            f"The token is not valid for this organisation at {place.host} (403025). Check "
            "org_id, and that the credential has a product profile with Query Service."
        )
    if code == "403010":
        return (
            f"{place.host} saw no token (403010): a proxy in between may strip the Authorization "
            "header. Check base_url and the proxy variables."
        )
    return (
        f"No permission for {place.what} in {place.scope} (403{_bracket(code)}){_colon(words)} "
        f"Ask for Query Service permissions on sandbox '{place.sandbox}', or check the setting "
        "sandbox."
    )


def _bracket(code: str) -> str:
    return f", {code}" if code and code.isalnum() and code != "403" else ""
