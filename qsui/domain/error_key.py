"""Which failures are the same: a key without what differs from run to run, and a short reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.domain.remedies import innermost

if TYPE_CHECKING:
    from qsui.domain.models import QueryError

LONGEST_KEY = 500
LONGEST_REASON = 160

_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"(?![\w-])",
    re.IGNORECASE,
)
_RUN_ID = re.compile(r"(?<![\w+/])(?:c2NoZWR1bGVk|bWFudWFs)[A-Za-z0-9+/]*={0,2}")
_BASE64 = re.compile(
    r"(?<![\w+/=.])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=(?:[A-Za-z+/]*\d){3})"
    r"[A-Za-z0-9+/]{20,}={0,2}(?![\w+/.])"
)
_HEX = re.compile(r"(?<![\w-])(?:0x[0-9a-f]+|(?=[a-f]*\d)[0-9a-f]{8,})(?![\w-])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:[.,]\d+)*(?![\w])")
_CLASS = re.compile(r"^(?:[a-z_][\w$]*\.){2,}[A-Z][\w$]*(?:Exception|Error)\s*:\s*")
_PLAIN_CLASS = re.compile(r"^[A-Z]\w*(?:Exception|Error)\s*:\s*")


def error_key(error: QueryError) -> str:
    """Return `type|code|text`, equal for failures with the same cause.

    The text is the innermost reason in lower case, with ids, long hex numbers, times and numbers
    replaced; names of tables and columns stay, digits in them too. At most 500 characters of it.
    """
    text = innermost(error.message or error.raw)[: 4 * LONGEST_KEY]
    for pattern, token in (
        (_UUID, "<uuid>"),
        (_TIME, "<time>"),
        (_RUN_ID, "<id>"),
        (_BASE64, "<id>"),
        (_HEX, "<hex>"),
        (_NUMBER, "<n>"),
    ):
        text = pattern.sub(token, text)
    text = " ".join(text.lower().split())[:LONGEST_KEY]
    return f"{error.type.strip().lower()}|{error.code.strip().lower()}|{text}"


def short_reason(error: QueryError) -> str:
    """Return the reason on one line for a list, at most 160 characters, never empty.

    Server text: clean it before showing.
    """
    text = innermost(error.message or error.raw).strip()
    text = _PLAIN_CLASS.sub("", _CLASS.sub("", text[: 4 * LONGEST_REASON]))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    line = next((line for line in lines if line), "")
    if not line:
        return error.code or error.type or "no reason was sent"
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1].rstrip() + "…"
