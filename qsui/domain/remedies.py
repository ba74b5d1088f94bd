"""What a failed query really says, and what a person can do about it.

Query Service wraps the reason of a failure in layers of text and gives it a code in the manner of
PostgreSQL; both come from the "Troubleshooting" page of its documentation.
"""

from __future__ import annotations

import re

from qsui.domain.models import QueryError

_LONGEST = 20_000  # of a message that is looked into; the raw text is kept whole
_DEEPEST = 50

_OPENING = re.compile(r"(?:\breason|\bexecution gets)\s*:\s*\[", re.IGNORECASE)
_LEADING = re.compile(
    r"(?:(?:failed\s+reason\s+)?error\s?code\s*:\s*[0-9A-Za-z]{1,10}\b[,;]?"
    r"|(?:session|query)\s?id\s*:\s*[0-9A-Za-z][\w-]*[,;]?)\s*",
    re.IGNORECASE,
)

_NO_TABLE = "Check the sandbox and the table's name; the dataset may have been deleted or renamed."
_BY_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"session limit reached", re.IGNORECASE),
        "The organisation's session cap is reached: end idle sessions, or wait.",
    ),
    (
        re.compile(r"error validating schema", re.IGNORECASE),
        "An output column is not in the target's schema: compare the SELECT list with it.",
    ),
    (
        re.compile(r"no valid dataset", re.IGNORECASE),
        "The query's dataset was deleted: point the query at one that exists.",
    ),
    (
        re.compile(r"\bfunction\b.{0,200}\bnot (?:defined|found)", re.IGNORECASE | re.DOTALL),
        "Check the function's name and arguments; it is not one that Query Service has.",
    ),
    (
        re.compile(
            r"\b(?:table|view|relation)\b.{0,200}\b(?:not found|does not exist|cannot be found)",
            re.IGNORECASE | re.DOTALL,
        ),
        _NO_TABLE,
    ),
    (
        re.compile(
            r"\bcolumn\b.{0,200}\b(?:not found|does not exist|cannot be resolved)|cannot resolve",
            re.IGNORECASE | re.DOTALL,
        ),
        "Check the column's name against the dataset's schema; it may have changed.",
    ),
)

_BY_CODE = {
    "08P01": "The client sent a message the server does not know: update or change the client.",
    "0A000": "The feature is not supported: rewrite the statement (INSERT OVERWRITE, for example).",
    "28000": "The type of authorisation is wrong: make new credentials for the client.",
    "28P01": "The password (token) is invalid or expired: make new credentials for the client.",
    "42501": "Only who made a table by Query Service may drop it: ask its creator.",
    "42601": "Correct the SQL at the place the message names.",
    "42P01": _NO_TABLE,
    "42P07": "The table exists already: use INSERT INTO, or drop it first. Typical of a scheduled "
    "CREATE TABLE AS SELECT.",
    "42P12": "There are no tables for this database: check its name and the sandbox.",
    "53400": "Over the time limit for interactive statements, or LIMIT above 100,000: make it a "
    "scheduled CREATE TABLE AS SELECT and filter by time.",
    "58000": "Despite its name often an error in the SQL: read the reason. If it names nothing of "
    "yours, run it again, then ask Adobe support with the query's id.",
    "408": "The statement ran out of time: filter by time, or split it.",
}


def innermost(message: str) -> str:
    """Return the reason at the core of a wrapped message, without codes and session ids.

    `… gets : [failed reason ErrorCode: 58000 … Reason: [sessionId: 1f Function [x] not defined.]]`
    gives `Function [x] not defined.` Tolerates brackets that do not match. Never empty unless the
    message is.
    """
    text = message.strip()[:_LONGEST]
    for _ in range(_DEEPEST):
        inner = _unwrap(text)
        if inner == text:
            break
        text = inner
    return text or message


def remedy(code: str, message: str) -> str:
    """Return what a person can do, as a sentence; empty if nothing is known.

    What the text says beats what the code says, except for codes that say it better.
    """
    by_code = _BY_CODE.get(code.strip().upper(), "")
    if by_code and code.strip().upper() != "58000":
        return by_code
    text = message[:_LONGEST]
    return next((words for pattern, words in _BY_TEXT if pattern.search(text)), by_code)


def make_error(code: str, message: str, type: str) -> QueryError:  # noqa: A002  # as in `QueryError`
    """Build the error of a failed query from what the server sent."""
    reason = innermost(message)
    return QueryError(
        code=code, type=type, message=reason, raw=message, remedy=remedy(code, reason)
    )


def _unwrap(text: str) -> str:
    """Take off one layer, or leading codes and ids; the text itself if nothing is left then."""
    opening = _OPENING.search(text)
    if opening:
        inner = _inside(text[opening.end() :]).strip()
        if inner:
            return inner
    rest = text
    while leading := _LEADING.match(rest):
        rest = rest[leading.end() :]
    rest = _without_loose_ends(rest).strip()
    return rest or text


def _inside(text: str) -> str:
    """What stands before the bracket that closes one opened earlier; all if none does."""
    depth = 1
    for at, sign in enumerate(text):
        if sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
            if depth == 0:
                return text[:at]
    return _without_loose_ends(text)


def _without_loose_ends(text: str) -> str:
    """Drop closing brackets at the end that nothing opened."""
    loose = text.count("]") - text.count("[")
    text = text.rstrip()
    while loose > 0 and text.endswith("]"):
        text = text[:-1].rstrip()
        loose -= 1
    return text
