"""From an error answer of an Alteryx Server to an error with one plain sentence; pure.

It says 401 for a bad token and for a wrong role, and 400 where others say 403 or 409.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qsui.backends.faults import error_for, excerpt, looks_like_html
from qsui.domain.errors import ApiError, Conflict, Forbidden, NotFound, Rejected, Unauthorized

if TYPE_CHECKING:
    from qsui.backends.faults import Place

_NOT_ALLOWED = ("do not have permission", "not authorized", "authorization has been denied")
_TOO_LATE = "not in 'queued' or 'running' state"


def words_in(body: bytes) -> str:
    """Return what an error body says, with what is wrong field by field; never raises."""
    if not body.strip() or looks_like_html(body):
        return ""
    text = body.decode("utf-8-sig", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text[:200]
    if isinstance(found, str):
        return found
    if not isinstance(found, Mapping):
        return ""
    said = next(
        (str(found[key]) for key in ("message", "error_description", "Message") if found.get(key)),
        "",
    )
    state = found.get("modelState")
    faults = list(_faults(state)) if isinstance(state, Mapping) else []
    return " ".join([said, *faults]).strip()


def _faults(state: Mapping[Any, Any]) -> list[str]:
    found: list[str] = []
    for field, words in state.items():
        each = words if isinstance(words, list) else [words]
        found += [f"{field}: {one}" for one in each]
    return found


def server_error_for(
    status: int,
    body: bytes,
    place: Place,
    *,
    request_id: str = "",
    pause_s: float | None = None,
    location: str = "",
) -> ApiError:
    """Return the error for a status outside 2xx; `location` is where a redirect pointed."""
    if status < 400 or status == 429 or status >= 500:
        return error_for(
            status, body, place, request_id=request_id, pause_s=pause_s, location=location
        )
    said = words_in(body)
    words = excerpt(said, place.secrets)
    common: dict[str, Any] = {
        "where": place.scope,
        "status": status,
        "request_id": request_id,
        "detail": excerpt(said, place.secrets, 4000),
    }
    if status == 401:
        return Unauthorized(_unauthorized(place), **common)
    lowered = said.lower()
    if status == 403 or (status == 400 and any(text in lowered for text in _NOT_ALLOWED)):
        return not_for_this_key(place, **common, words=words)
    if status == 400 and _TOO_LATE in lowered:
        return Conflict(f"Too late for {place.what} in {place.scope}{_colon(words)}", **common)
    if status == 404:
        page = " (404, a web page)" if looks_like_html(body) else ""
        return NotFound(
            f"{place.host} does not know {place.what}{page}{_colon(words)} It is gone, or this "
            "release has no such call, or base_url is wrong.",
            **common,
        )
    return Rejected(f"{place.host} refused {place.what} (HTTP {status}){_colon(words)}", **common)


def not_for_this_key(place: Place, *, words: str = "", **common: Any) -> Forbidden:  # noqa: ANN401
    """Return the error for a call that works for others."""
    status = common.get("status", 403)
    return Forbidden(
        f"This key may not do that on {place.host}: {place.what} (HTTP {status}){_colon(words)} "
        "It needs the role Curator, or a share of the record.",
        **common,
    )


def _unauthorized(place: Place) -> str:
    if place.can_renew:
        return (
            f"{place.host} refused the token, also after a renewal. Check client_id and "
            "client_secret (the API access key and secret of the profile page), and that the "
            "administrator enabled API access for this user."
        )
    return (
        f"{place.host} refused the access token: it has expired, or is of another server. Get a "
        "new one, or set client_id and client_secret, which renew by themselves."
    )


def _colon(words: str) -> str:
    return f": {words.rstrip('.')}." if words else "."
