"""A widget that draws lines of role-coloured text and repaints only the cells that changed.

It is what the header, tab, title, status and footer lines are made of (one line, no focus), and
the panes, details and list states (many lines, scrolled). The text comes from a callable that is
given the width, so it is laid out again when the size changes. Texts must be printable already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from qsui.present.role import Role, Span
from qsui.tui.look import roles_of

SpanLine = tuple[Span, ...]
Build = Callable[[int], Sequence[SpanLine]]


def line_width(line: Sequence[Span]) -> int:
    """Cells that the spans of one line take."""
    return sum(cell_len(text) for text, _ in line)


def spread(
    left: Sequence[Span], right: Sequence[Span], width: int, fill: str = " "
) -> tuple[Span, ...]:
    """Set `left` and `right` at the ends of `width` cells; the right side goes if both do not fit.

    A `fill` other than a blank is drawn in the rule's colour, with a blank at both of its ends.
    """
    gap = width - line_width(left) - line_width(right)
    if gap < 1:
        right, gap = (), max(0, width - line_width(left))
    if fill == " ":
        return (*left, (" " * gap, Role.TEXT), *right)
    if gap < 3:
        return (*left, (" " * gap, Role.TEXT), *right)
    inner = gap - 2 if right else gap - 1
    tail: tuple[Span, ...] = ((" ", Role.TEXT), *right) if right else ()
    return (*left, (" ", Role.TEXT), (fill * inner, Role.RULE), *tail)


class SpanView(ScrollView):
    """Lines of spans. `show(build)` sets what is drawn; `redraw()` asks the same callable again."""

    DEFAULT_CSS = """
    SpanView { height: 1fr; overflow: hidden hidden; }
    SpanView.-line { height: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", id="text.down", show=False),
        Binding("up,k", "move(-1)", "up", id="text.up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "page down", id="text.page_down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", id="text.page_up", show=False),
        Binding("home,g", "to_end(-1)", "top", id="text.top", show=False),
        Binding("end,G", "to_end(1)", "end", id="text.end", show=False),
    ]

    def __init__(
        self,
        build: Build | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
        can_focus: bool = False,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.can_focus = can_focus
        self._build: Build = build or (lambda _width: ())
        self._lines: tuple[SpanLine, ...] = ()
        self._drawn_width = -1
        self.lines_painted = 0

    @property
    def line_count(self) -> int:
        """Lines in all, shown or not."""
        return len(self._lines)

    @property
    def plain(self) -> str:
        """The text without colours, for copying and tests."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self._lines)

    @property
    def allow_vertical_scroll(self) -> bool:
        """Whether there is more than is in sight; there are no scroll bars to say so."""
        return self.max_scroll_y > 0

    def show(self, build: Build) -> None:
        """Draw what `build(width)` returns from now on."""
        self._build = build
        self.redraw()

    def redraw(self) -> None:
        """Lay out again and repaint only the cells that differ."""
        width = self.size.width
        if width <= 0:
            return
        old, new = self._lines, tuple(self._build(width))
        same_width = width == self._drawn_width
        self._lines, self._drawn_width = new, width
        if len(new) != len(old) or not same_width:
            self.virtual_size = Size(width, len(new))
            if self.scroll_offset.y > self.max_scroll_y:  # what was in sight is there no more
                self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
            self.refresh()
            return
        top = int(self.scroll_offset.y)
        dirty = [
            Region(start, y - top, end - start, 1)
            for y in range(top, min(len(new), top + self.size.height))
            for start, end in _difference(old[y], new[y], width)
        ]
        if dirty:
            self.refresh(*dirty)

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self.redraw()

    def notify_style_update(self) -> None:
        """Repaint under a new theme."""
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        width = self.size.width
        base = self.rich_style
        index = y + int(self.scroll_offset.y)
        if index >= len(self._lines):
            return Strip.blank(width, base)
        self.lines_painted += 1
        styles = roles_of(self.app)
        left = int(self.scroll_offset.x)
        segments = [
            Segment(text, base + styles[role]) for text, role in _merged(self._lines[index])
        ]
        return Strip(segments).crop(left, left + width).extend_cell_length(width, base)

    def action_move(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def action_page(self, direction: int) -> None:
        """Scroll by a page less one line."""
        step = max(1, self.size.height - 1) * direction
        self.scroll_to(y=self.scroll_offset.y + step, animate=False, immediate=True)

    def action_to_end(self, direction: int) -> None:
        """Scroll to the first or last line."""
        y = 0 if direction < 0 else max(0, len(self._lines) - self.size.height)
        self.scroll_to(y=y, animate=False, immediate=True)


def _merged(line: Sequence[Span]) -> list[Span]:
    """Join neighbours of the same role: each style run costs bytes."""
    merged: list[Span] = []
    for text, role in line:
        if merged and merged[-1][1] == role:
            merged[-1] = (merged[-1][0] + text, role)
        elif text:
            merged.append((text, role))
    return merged


def _cells(line: Sequence[Span], width: int) -> list[tuple[str, Role]]:
    cells: list[tuple[str, Role]] = []
    for text, role in line:
        if text.isascii():
            cells.extend((char, role) for char in text)
            continue
        for char in text:
            size = cell_len(char)
            if size == 0 and cells:
                cells[-1] = (cells[-1][0] + char, cells[-1][1])
            elif size:
                cells.append((char, role))
                cells.extend([("", role)] * (size - 1))
    cells.extend([(" ", Role.TEXT)] * (width - len(cells)))
    return cells[:width]


def _difference(
    old: Sequence[Span], new: Sequence[Span], width: int
) -> tuple[tuple[int, int], ...]:
    """Return the changed stretches as (start, end) in cells; gaps under 8 cells are bridged."""
    if old == new:
        return ()
    before, after = _cells(old, width), _cells(new, width)
    stretches: list[tuple[int, int]] = []
    for index in (i for i in range(width) if before[i] != after[i]):
        if stretches and index - stretches[-1][1] < 8:
            stretches[-1] = (stretches[-1][0], index + 1)
        else:
            stretches.append((index, index + 1))
    return tuple(stretches)


def pad(text: str, width: int) -> str:
    """Fit text to a width in cells."""
    return set_cell_size(text, width)
