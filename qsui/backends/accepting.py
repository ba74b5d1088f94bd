"""From the answer to a write to what became of it; pure.

Only an answer of the service itself counts as accepted: a web page with status 200 comes from
something in between, and the service may or may not have seen the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qsui.backends.decoding import json_of
from qsui.backends.faults import error_for, looks_like_html, read_error_body
from qsui.backends.unknown import outcome_unknown, unknown_for
from qsui.domain.ports import Accepted

if TYPE_CHECKING:
    from qsui.backends.faults import Place
    from qsui.backends.transport import Answer
    from qsui.domain.errors import OutcomeUnknown


def read_accepted(answer: Answer, method: str, place: Place, *, any_json: bool = False) -> Accepted:
    """Read a 2xx answer to a write.

    A PATCH or DELETE may be answered with nothing; a POST never is. With `any_json` they may also
    be answered with JSON that is no object.

    Raises:
        OutcomeUnknown: It is not an answer of the service.
        ApiError: The body says that it was refused, whatever the status.
    """
    if not answer.body.strip():
        if method == "POST":
            raise _not_the_service("nothing", answer, place)
        return Accepted(answer.status, answer.request_id)
    try:
        found = json_of(answer.body, answer.charset)
    except ValueError as error:
        kind = "a web page" if looks_like_html(answer.body) else "JSON that is cut off or broken"
        raise _not_the_service(kind, answer, place) from error
    if any_json and method != "POST" and not isinstance(found, Mapping):
        words = found if isinstance(found, str) else ""
        return Accepted(answer.status, answer.request_id, words)
    if not isinstance(found, Mapping):
        raise _not_the_service("something that is no JSON object", answer, place)
    status = _status_in(found, read_error_body(answer.body).code)
    if 400 <= status < 500:
        raise error_for(status, answer.body, place, request_id=answer.request_id)
    if status and not 200 <= status < 300:
        raise unknown_for(status, answer.body, place, request_id=answer.request_id)
    message = found.get("message")
    return Accepted(
        answer.status,
        answer.request_id,
        message if isinstance(message, str) else "",
        _id_in(found) if method == "POST" else "",
    )


def _not_the_service(kind: str, answer: Answer, place: Place) -> OutcomeUnknown:
    return outcome_unknown(
        f"answered {place.what} (HTTP {answer.status}) with {kind}",
        place,
        status=answer.status,
        request_id=answer.request_id,
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
