"""Bytes to text and JSON, forgiving about what servers put around it; pure."""

from __future__ import annotations

import codecs
import json
from typing import Any

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def is_plain_utf8(body: bytes, charset: str) -> bool:
    """Whether a body can be parsed as it is: no byte order mark, no other charset."""
    return charset in ("", "utf-8", "utf8", "us-ascii") and not body.startswith(
        (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    )


def text_of(body: bytes, charset: str = "") -> str:
    """Decode a body by its byte order mark, else its charset, else as UTF-8; never raises."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    try:
        known = codecs.lookup(charset).name if charset else "utf-8"
    except LookupError:
        known = "utf-8"
    try:
        return body.decode(known, "replace")
    except (LookupError, ValueError):  # a charset that is not one for text
        return body.decode("utf-8", "replace")


def json_of(body: bytes, charset: str = "") -> Any:  # noqa: ANN401 any JSON
    """Read JSON; half surrogates become `?` so that the text can be shown and stored.

    Raises:
        ValueError: It is not JSON.
    """
    text = text_of(body, charset)
    try:
        found = json.loads(text)
        return _without_surrogates(found) if "\\ud" in text.lower() else found
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401 any JSON
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value
