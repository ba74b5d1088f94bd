"""From the answer to a write to what became of it; pure.

Only an answer of the service itself counts as accepted: a web page with status 200 comes from
something in between, and the service may or may not have seen the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsui.backends.decoding import json_of
from qsui.backends.faults import looks_like_html, read_error_body
from qsui.domain.ports import Accepted

if TYPE_CHECKING:
    from qsui.backends.transport import Answer


@dataclass(frozen=True, slots=True)
class Denied:
    """A status outside 2xx in the body of an answer that has a status inside it."""

    status: int


class NotTheServiceError(ValueError):
    """A 2xx answer that the service cannot have given; the text follows "answered … with"."""


def read_accepted(answer: Answer, method: str) -> Accepted | Denied:
    """Read the answer to a write.

    A PATCH or DELETE may be answered with nothing; a POST never is.

    Raises:
        NotTheServiceError: It is not an answer of Query Service.
    """
    if not answer.body.strip():
        if method == "POST":
            raise NotTheServiceError("nothing")
        return Accepted(answer.status, answer.request_id)
    try:
        found = json_of(answer.body, answer.charset)
    except ValueError as error:
        kind = "a web page" if looks_like_html(answer.body) else "JSON that is cut off or broken"
        raise NotTheServiceError(kind) from error
    if not isinstance(found, Mapping):
        raise NotTheServiceError("something that is no JSON object")
    status = _status_in(found, read_error_body(answer.body).code)
    if status and not 200 <= status < 300:
        return Denied(status)
    message = found.get("message")
    return Accepted(
        answer.status,
        answer.request_id,
        message if isinstance(message, str) else "",
        _id_in(found) if method == "POST" else "",
    )


def _status_in(found: Mapping[str, object], code: str) -> int:
    """Return the status that a body names beside an HTTP status; 0 if it names none."""
    said = found.get("statusCode")
    if said is None and "error_code" in found:
        said = code[:3]
    if said is None and "title" in found:
        said = found.get("status")
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 0


def _id_in(found: Mapping[str, object]) -> str:
    value = found.get("id")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
