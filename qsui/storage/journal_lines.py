"""Lines of the journal as text: flat versioned JSON, one object a line, times RFC 3339 in UTC.

    {"qsui": 1, "id": "…", "kind": "intent", "at": "2026-06-04T03:05:00.000000Z", "scope": "…",
     "ref_kind": "schedule", "ref_id": "…", "verb": "trigger", "name": "…", "actor": "jd", …}

Empty values are left out. All is ASCII, so that no byte of it can steer a terminal. What cannot be
read as such a line is no line.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from qsui.domain.journal import Entry, EntryKind
from qsui.domain.models import Kind, Ref

VERSION = 1
MOST_TEXT = 4_000
MOST_BODY = 50_000
_TEXTS = (
    "actor",
    "verb",
    "name",
    "before",
    "after",
    "reason",
    "request",
    "body",
    "undoes",
    "stage",
    "request_id",
    "words",
    "result_id",
    "version",
    "server_at",
    "step",
    "host",
)
_NUMBERS = ("status", "pid")
_LARGEST = 2**63


def line_of(entry: Entry) -> bytes:
    """Return the line with its end; longer values than are kept are cut and say so."""
    values: dict[str, object] = {
        "qsui": VERSION,
        "id": _cut(entry.action_id, MOST_TEXT),
        "kind": entry.kind.value,
        "at": _time(entry.at),
        "scope": _cut(entry.scope_key, MOST_TEXT),
    }
    if entry.ref is not None:
        ref = entry.ref
        values |= {
            "profile": _cut(ref.profile, MOST_TEXT),
            "sandbox": _cut(ref.sandbox, MOST_TEXT),
            "ref_kind": ref.kind.value,
            "ref_parent": _cut(ref.parent, MOST_TEXT),
            "ref_id": _cut(ref.id, MOST_TEXT),
        }
    for name in _TEXTS:
        values[name] = _cut(getattr(entry, name), MOST_BODY if name == "body" else MOST_TEXT)
    for name in _NUMBERS:
        values[name] = getattr(entry, name)
    kept = {name: value for name, value in values.items() if value not in ("", 0)}
    return json.dumps(kept, ensure_ascii=True).encode("ascii") + b"\n"


def entry_of(line: bytes) -> Entry | None:
    """Return what a line tells; `None` if it is none of ours, torn, or of another version."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or values.get("qsui") != VERSION:
        return None
    at, id = _moment(values.get("at")), _text(values, "id")
    try:
        kind = EntryKind(_text(values, "kind"))
    except ValueError:
        return None
    if at is None or not id:
        return None
    texts = {name: _text(values, name) for name in _TEXTS}
    numbers = {name: _number(values, name) for name in _NUMBERS}
    known = Entry(id, kind, at, scope_key=_text(values, "scope"), ref=_ref(values))
    rest: dict[str, Any] = {**texts, **numbers}
    return replace(known, **rest)


def _ref(values: dict[str, Any]) -> Ref | None:
    try:
        kind = Kind(_text(values, "ref_kind"))
    except ValueError:
        return None
    names = ("profile", "sandbox", "ref_parent", "ref_id")
    profile, sandbox, parent, id = (_text(values, name) for name in names)
    return Ref(profile, sandbox, kind, parent, id)


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else ""


def _number(values: dict[str, Any], name: str) -> int:
    value = values.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= _LARGEST:
        return 0
    return value


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    said = f" … (cut: {len(text)} characters)"
    return text[: most - len(said)] + said


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
