"""The part of a list's lines that ages, as a widget of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.strip import Strip


class RowTail(Widget):
    """The right part of the lines, from the column that ages on.

    Textual writes a changed line from the left edge of its widget up to the change. With the tail a
    widget of its own, a column of ages costs its own cells and not what stands before them.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "RowTail { dock: right; height: 100%; width: 0; display: none; }"

    def __init__(self, line: Callable[[int], Strip]) -> None:
        super().__init__()
        self._whole_line = line

    def render_line(self, y: int) -> Strip:
        """Draw the right part of a line of the list."""
        line = self._whole_line(y)
        return line.crop(max(0, line.cell_length - self.size.width))
