"""One line of a list: cells cut to their columns, in few style runs, as a strip.

A blank has no style of its own: it belongs to the run that follows, so that a healthy row is three
runs. Runs cost about 40 bytes each on the way to the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from qsui.present.layout import GAP, GUTTER, Fitted
from qsui.present.role import Cell, Role, Span, Spans
from qsui.present.signs import Sign, SignSet
from qsui.present.text import (
    elide_end,
    elide_middle,
    printable,
    take_cells,
    take_last_cells,
    width_of,
)
from qsui.tui.themes import Grounds, grounds, role_styles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_RUNS: Final = 9


@dataclass(frozen=True, slots=True)
class Flags:
    """What a row's line shows besides its cells."""

    cursor: bool = False
    focused: bool = False
    marked: bool = False
    changed: bool = False


PLAIN = Flags()

_Piece = tuple[str, Role | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn line: the strip, and what each column shows, to tell what a newer one changes."""

    strip: Strip
    columns: tuple[tuple[_Piece, ...], ...]


class Pen:
    """Draws lines in the styles of one theme; made anew when the theme or the signs change."""

    def __init__(
        self, variables: Mapping[str, str], signs: SignSet, *, no_color: bool, ansi: bool
    ) -> None:
        self.signs = signs
        self._roles = role_styles(variables, no_color=no_color, ansi=ansi)
        self._grounds: Grounds = grounds(variables, no_color=no_color, ansi=ansi)
        self._styles: dict[tuple[Role, bool, bool], Style] = {}

    def head(self, fitted: Sequence[Fitted], width: int) -> Strip:
        """Draw the line of column titles."""
        pieces: list[_Piece] = [(" " * GUTTER, Role.MUTED)]
        for index, (column, size) in enumerate(fitted):
            title = elide_end(self.signs.words(column.title), size, self.signs.ellipsis)
            blank = " " * (size - width_of(title))
            parts = [(blank, Role.MUTED), (title, Role.HEAD)]
            pieces += parts if column.align == "right" else reversed(parts)
            if index < len(fitted) - 1:
                pieces.append((" " * GAP, Role.MUTED))
        return self._strip(pieces, width, PLAIN)

    def words(self, spans: Spans, width: int) -> Strip:
        """Draw a line of our own words, from where text stands."""
        return self._strip([(" " * GUTTER, None), *spans], width, PLAIN)

    def blank(self, width: int) -> Strip:
        """Draw an empty line."""
        return self._strip([], width, PLAIN)

    def row(
        self, cells: Sequence[Cell], fitted: Sequence[Fitted], width: int, flags: Flags
    ) -> Line:
        """Draw a row."""
        pieces: list[_Piece] = [
            self._sign(Sign.CURSOR, Role.FOCUS, shown=flags.cursor),
            self._sign(Sign.MARKED, Role.FOCUS, shown=flags.marked),
            (" ", None),
        ]
        columns: list[tuple[_Piece, ...]] = []
        for index, (cell, (_, size)) in enumerate(zip(cells, fitted, strict=False)):
            columns.append(tuple(fit_cell(cell, size, self.signs.ellipsis)))
            pieces += columns[-1]
            if index == 0:
                pieces.append(self._sign(Sign.CHANGED, Role.TEXT, shown=flags.changed))
                pieces.append((" " * (GAP - 1), None))
            elif index < len(fitted) - 1:
                pieces.append((" " * GAP, None))
        return Line(self._strip(pieces, width, flags), tuple(columns))

    def _sign(self, sign: Sign, role: Role, *, shown: bool) -> _Piece:
        return (self.signs.of(sign), role) if shown else (" ", None)

    def _strip(self, pieces: Sequence[_Piece], width: int, flags: Flags) -> Strip:
        runs = few_runs(pieces)
        segments: list[Segment] = []
        used = 0
        for text, role in runs:
            style = self._style(role, flags)
            if segments and segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + text, style)
            else:
                segments.append(Segment(text, style))
            used += width_of(text)
        strip = Strip(segments, used)
        if used == width:
            return strip
        if used > width:
            return strip.crop(0, max(0, width))
        rest = " " * (width - used)
        if segments:
            segments[-1] = Segment(segments[-1].text + rest, segments[-1].style)
        else:
            segments.append(Segment(rest, self._style(Role.TEXT, flags)))
        return Strip(segments, width)

    def _style(self, role: Role, flags: Flags) -> Style:
        on_cursor = flags.cursor and flags.focused
        key = (role, on_cursor, flags.marked)
        style = self._styles.get(key)
        if style is None:
            ground = self._grounds
            if on_cursor and ground.is_flat:
                style = Style(bold=self._roles[role].bold) + ground.cursor
            else:
                under = ground.cursor if on_cursor else ground.mark if flags.marked else ground.base
                style = under + self._roles[role]
            self._styles[key] = style
        return style


def few_runs(pieces: Sequence[_Piece]) -> list[Span]:
    """Join neighbours of one role; blanks go to the run that follows, at the end to the last.

    A line of more runs than allowed loses the colour of its end, never a word.
    """
    runs: list[Span] = []
    blank = ""
    for text, role in pieces:
        if role is None:
            blank += text
        elif runs and runs[-1][1] is role:
            runs[-1] = (runs[-1][0] + blank + text, role)
            blank = ""
        elif text:
            runs.append((blank + text, role))
            blank = ""
    if blank:
        if runs:
            runs[-1] = (runs[-1][0] + blank, runs[-1][1])
        else:
            runs.append((blank, Role.TEXT))
    if len(runs) > MOST_RUNS:
        rest = "".join(text for text, _ in runs[MOST_RUNS - 1 :])
        runs[MOST_RUNS - 1 :] = [(rest, Role.MUTED)]
    return runs


def fit_cell(cell: Cell, width: int, ellipsis: str) -> list[_Piece]:
    """Cut and pad a cell to its column; whatever it holds, the result is harmless and fits."""
    spans: list[Span] = [(_harmless(text), role) for text, role in cell.spans if text]
    used = sum(width_of(text) for text, _ in spans)
    if used > width or any(len(text) > width * 5 for text, _ in spans):
        spans = _cut(spans, cell, width, ellipsis)
        used = sum(width_of(text) for text, _ in spans)
    padding: _Piece = (" " * max(0, width - used), None)
    return [padding, *spans] if cell.align == "right" else [*spans, padding]


def _harmless(text: str) -> str:
    return text if text.isascii() and text.isprintable() else printable(text, None)


def _cut(spans: list[Span], cell: Cell, width: int, ellipsis: str) -> list[Span]:
    if cell.elide == "oldest":
        return _cut_oldest(spans, width)
    cut: list[Span] = []
    room = width
    elide = elide_middle if cell.elide == "middle" else elide_end
    for index, (text, role) in enumerate(spans):
        size = width_of(text)
        is_last = index == len(spans) - 1
        if size <= room and (is_last or size < room) and len(text) <= room * 5:
            cut.append((text, role))
            room -= size
            continue
        cut.append((elide(text, room, ellipsis) if size > room or is_last else text, role))
        break
    total = sum(width_of(text) for text, _ in cut)
    if total > width:
        text, role = cut[-1]
        cut[-1] = (take_cells(text, max(0, width_of(text) - (total - width))), role)
    return cut


def _cut_oldest(spans: list[Span], width: int) -> list[Span]:
    kept: list[Span] = []
    for text, role in reversed(spans):
        part = take_last_cells(text, width)
        if not part:
            break
        kept.append((part, role))
        width -= width_of(part)
    return kept[::-1]
