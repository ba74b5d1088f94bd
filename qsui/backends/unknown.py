"""Sentences for writes that left and whose answer does not tell what became of them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.faults import excerpt, read_error_body
from qsui.domain.errors import OutcomeUnknown

if TYPE_CHECKING:
    from qsui.backends.faults import Place


def outcome_unknown(
    clause: str,
    place: Place,
    *,
    status: int = 0,
    code: str = "",
    request_id: str = "",
    detail: str = "",
) -> OutcomeUnknown:
    """Return the error; `clause` follows the server's name and says what is wrong."""
    return OutcomeUnknown(
        f"{place.host} {clause}. It may have happened all the same: do not repeat it before you "
        f"have looked what became of it in {place.scope}.",
        where=place.scope,
        status=status,
        code=code,
        request_id=request_id,
        detail=detail,
    )


def unknown_for(
    status: int, body: bytes, place: Place, *, request_id: str = "", location: str = ""
) -> OutcomeUnknown:
    """Return the error for a status that is neither 2xx nor 4xx; `location` is that of a 3xx."""
    said = read_error_body(body)
    words = excerpt(said.text, place.secrets).rstrip(".")
    if 300 <= status < 400:
        target = excerpt(location, place.secrets, 120)
        to = f" to {target}" if target else ""
        clause = (
            f"sent {place.what} elsewhere ({status}{to}), which qsui does not follow; set base_url "
            "to the final address"
        )
    else:
        clause = f"failed on {place.what} (HTTP {status})" + (f": {words}" if words else "")
    return outcome_unknown(
        clause,
        place,
        status=status,
        code=said.code,
        request_id=request_id,
        detail=excerpt(said.text, place.secrets, 4000),
    )


def is_timeout(error: BaseException) -> bool:
    """Whether an error of the network is that nothing came in time."""
    return isinstance(error, TimeoutError) or type(error).__name__.endswith("Timeout")


def clause_without_answer(error: BaseException, what: str) -> str:
    """Say that no answer began."""
    how = "did not answer in time" if is_timeout(error) else "closed the connection"
    return f"{how} after {what} had left"


def clause_half_answered(error: BaseException, what: str, status: int) -> str:
    """Say that an answer began and cannot be read to its end."""
    if type(error).__name__ == "DecodingError":
        return f"answered {what} (HTTP {status}) with what cannot be unpacked"
    how = "did not end in time" if is_timeout(error) else "broke off"
    return f"began to answer {what} (HTTP {status}), and the answer {how}"
