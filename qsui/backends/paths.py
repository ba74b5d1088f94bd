"""Addresses below the base path of Query Service; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.backends.options import QUERY_PATH
from qsui.domain.errors import BadResponse

if TYPE_CHECKING:
    from collections.abc import Sequence


def query_service_url(gateway: str, segments: Sequence[str]) -> str:
    """Return an absolute address; `gateway` is the base URL without `/data/foundation/query`.

    Raises:
        BadResponse: A segment cannot be the id of a record.
    """
    return gateway + QUERY_PATH + "".join("/" + segment(text) for text in segments)


def segment(text: str) -> str:
    """Percent-encode a path segment whole; `.` and `..` would name another resource.

    Raises:
        BadResponse: The text cannot be the id of a record.
    """
    if text in ("", ".", ".."):
        raise BadResponse(f"'{text}' cannot be the id of a record.")
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._~") else _percent(c) for c in text)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
