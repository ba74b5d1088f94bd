"""Reads the lines of a file from its end, as few of them as are asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 256 * 1024
LONGEST_LINE = 2_000_000
"""In bytes; longer lines are left out."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def lines_backwards(path: Path, *, block: int = BLOCK) -> Iterator[bytes]:
    """Yield the lines of a file without their ends, last first, empty ones left out.

    Nothing if there is no such file. What is appended meanwhile is not seen.

    Raises:
        OSError: It cannot be read.
    """
    try:
        file = os.fdopen(os.open(path, _FLAGS), "rb")
    except FileNotFoundError:
        return
    with file:
        end = file.seek(0, os.SEEK_END)
        rest, is_too_long = b"", False
        while end > 0:
            start = max(0, end - block)
            file.seek(start)
            parts = (file.read(end - start) + rest).split(b"\n")
            end = start
            rest = parts[0]
            if len(parts) > 1:
                if is_too_long:  # the last part is the beginning of a line that was left out
                    parts[-1], is_too_long = b"", False
                yield from (part for part in reversed(parts[1:]) if part)
            if len(rest) > LONGEST_LINE:
                rest, is_too_long = b"", True
        if rest and not is_too_long:
            yield rest
