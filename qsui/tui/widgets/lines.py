"""Lay out labelled text for a width: labels in one column, values wrapped beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present.role import PaneLine, Role, Span, Spans
from qsui.present.text import take_cells, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INDENT = 3
"""Text of panes starts at this cell: cells 0 and 1 are for cursor and mark."""


def lay_out(
    lines: Iterable[PaneLine], width: int, *, label_width: int = 11, indent: int = INDENT
) -> list[Spans]:
    """Return screen lines; a value longer than its room goes on below itself, cut at blanks."""
    room = max(8, width - indent - label_width - 2)
    laid: list[Spans] = []
    for label, spans in lines:
        first = f"{' ' * indent}{label:<{label_width}}"
        for index, piece in enumerate(wrap(spans, room)):
            head = f"{first} " if index == 0 else " " * (indent + label_width + 1)
            laid.append(((head, Role.MUTED), *piece))
    return laid


def wrap(spans: Sequence[Span], width: int) -> list[Spans]:
    """Break spans into lines of at most `width` cells, at blanks where there are any."""
    pieces: list[list[Span]] = [[]]
    used = 0
    for text, role in spans:
        for word in _words(text):
            while word:
                size = width_of(word)
                if used + size <= width:
                    pieces[-1].append((word, role))
                    used += size
                    break
                if not word.strip():
                    break  # a blank at the end of a line
                if used and size <= width:
                    pieces.append([])
                    used = 0
                    continue
                part = take_cells(word, width - used) or (word[0] if not used else "")
                if part:
                    pieces[-1].append((part, role))
                    word = word[len(part) :]
                pieces.append([])
                used = 0
    return [tuple(piece) for piece in pieces]


def pack(pieces: Iterable[Spans], width: int, gap: int = 3) -> list[Spans]:
    """Set pieces in lines of at most `width` cells, none of them broken if a line can hold it."""
    lines: list[list[Span]] = [[]]
    used = 0
    for piece in pieces:
        size = sum(width_of(text) for text, _ in piece)
        if used and used + gap + size > width:
            lines.append([])
            used = 0
        if used:
            lines[-1].append((" " * gap, Role.TEXT))
            used += gap
        lines[-1] += piece
        used += size
    return [piece for line in lines for piece in wrap(line, width)]


def _words(text: str) -> list[str]:
    """Split text into words and the blanks between them."""
    words: list[str] = []
    for char in text:
        if words and (words[-1][-1] == " ") == (char == " "):
            words[-1] += char
        else:
            words.append(char)
    return words


def beside(left: Sequence[Spans], right: Sequence[Spans], width: int, gap: int = 2) -> list[Spans]:
    """Set two blocks side by side, each in half of the width; longer lines are cut."""
    half = (width - gap) // 2
    rows: list[Spans] = []
    for index in range(max(len(left), len(right))):
        first = fit(left[index] if index < len(left) else (), half)
        second = right[index] if index < len(right) else ()
        rows.append((*first, (" " * gap, Role.TEXT), *second))
    return rows


def fit(line: Sequence[Span], width: int) -> Spans:
    """Cut or pad one line to a width in cells."""
    room = width
    fitted: list[Span] = []
    for text, role in line:
        part = text if width_of(text) <= room else take_cells(text, room)
        fitted.append((part, role))
        room -= width_of(part)
        if room <= 0:
            break
    if room > 0:
        fitted.append((" " * room, Role.TEXT))
    return tuple(fitted)
