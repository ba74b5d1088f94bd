"""Words of a server or a person on the handoff page: made harmless, in Markdown.

Control characters are shown, Markdown of theirs is escaped, and what looks like a password or a
token is taken out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qsui.present.text import elide_end, printable

if TYPE_CHECKING:
    from datetime import datetime

MOST_CELLS = 300
_SPECIAL = re.compile(r"([\\`*\[\]<>|~&])")
_SECRETS = (
    re.compile(r"(?i)\b(bearer\s+)\S+"),
    re.compile(
        r"(?i)\b((?:password|passwd|pwd|secret|client_secret|token|api[_-]?key)\s*[=:]\s*)"
        r"(?:'[^']*'|\"[^\"]*\"|\S+)"
    ),
    re.compile(r"()\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
)


def without_secrets(text: str) -> str:
    """Take out what looks like a password, a bearer token or a JWT."""
    for pattern in _SECRETS:
        text = pattern.sub(r"\1***", text)
    return text


def words(text: str) -> str:
    """Return a sentence of somebody else's: one line, not too long, without secrets."""
    return markdown(elide_end(" ".join(without_secrets(text).split()), MOST_CELLS))


def markdown(text: str) -> str:
    """Escape what Markdown would read."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def name(text: str) -> str:
    """Return a name as code, so that underscores stay and nothing of it is Markdown."""
    bare = printable(text, 200).replace("`", "'")
    return f"`{bare or '-'}`"


def at(moment: datetime) -> str:
    """Write a moment to the minute."""
    return f"{moment:%Y-%m-%d %H:%MZ}"
