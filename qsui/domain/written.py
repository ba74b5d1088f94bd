"""Which tables a text of SQL writes, as far as its own words say.

A modest look at `INSERT INTO` and `CREATE TABLE … AS`: comments and quoted texts are passed over,
nothing else is understood. What it does not find may be written all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOISE = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*(?:'|\Z)", re.DOTALL)
_NAME = (
    r"((?:[\w$]+|\"[^\"]{1,200}\"|`[^`]{1,200}`)(?:\.(?:[\w$]+|\"[^\"]{1,200}\"|`[^`]{1,200}`))*)"
)
_INSERT = re.compile(rf"\bINSERT\s+INTO\s+(?:TABLE\s+)?{_NAME}", re.IGNORECASE)
_CREATE = re.compile(
    rf"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}(?=[^;]{{0,1000}}?\bAS\b)", re.IGNORECASE
)
_MOST_TEXT = 50_000


@dataclass(frozen=True, slots=True)
class Written:
    """The tables that SQL adds rows to, and those that it creates, each once, as they are named."""

    inserts: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys(self.inserts + self.creates))


def written_by(sql: str, *, insert_into: str = "", ctas: str = "") -> Written:
    """Return what SQL writes, or what a request that wraps it names."""
    text = _NOISE.sub(" ", sql[:_MOST_TEXT])
    inserts = [insert_into, *_INSERT.findall(text)]
    creates = [ctas, *_CREATE.findall(text)]
    return Written(_once(inserts), _once(creates))


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
