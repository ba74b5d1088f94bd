"""Say where in a TOML text a key stands, and which known key was probably meant.

`tomllib` keeps no positions, so the text is scanned for the header and the key. Quoted and dotted
keys are understood; a key inside a multi-line value could in theory be mistaken for one outside,
which costs a wrong line number and nothing else.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEADER = re.compile(r"^\s*\[\[?\s*(?P<path>[^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?P<path>(?:"[^"]*"|'[^']*'|[A-Za-z0-9_.\-\s])+?)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_\-]+))\s*(?:\.|$)""")


def line_of(text: str, path: Sequence[str]) -> int | None:
    """Return the 1-based line on which `path` (keys from the top) is set or opened, else `None`.

    If only a beginning of the path is written there (inline tables), the line of that beginning.
    """
    wanted = tuple(path)
    best: tuple[int, int] | None = None
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _parts(header["path"])
            here = table
        elif key := _KEY.match(line):
            here = table + _parts(key["path"])
        else:
            continue
        if here == wanted:
            return number
        size = len(here)
        if here and wanted[:size] == here and (best is None or size > best[0]):
            best = (size, number)
        elif here[: len(wanted)] == wanted and best is None:
            best = (0, number)
    return best[1] if best else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, or `None` if none is."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.55)
    return found[0] if found else None


def dotted(path: Sequence[str]) -> str:
    """Write a key path as TOML does: `profiles.prod.org_id`, quoting what needs it."""
    return ".".join(p if re.fullmatch(r"[A-Za-z0-9_\-]+", p) else f'"{p}"' for p in path)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(next(g for g in m.groups() if g is not None) for m in _PART.finditer(path.strip()))
