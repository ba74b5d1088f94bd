"""Where a list's window stands over its rows, and where the cursor goes: plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Window:
    """A window of `height` lines over `count` rows; the first row on screen is `top`.

    A head line stands on top from three lines on. The last line says how many rows follow, unless
    none does or it would be one of two. `top` is negative, or beyond the last full page, only after
    rows went away above the cursor (`keep_line`).
    """

    height: int = 0
    count: int = 0
    top: int = 0
    cursor: int = 0

    @property
    def head(self) -> int:
        """How many lines the head takes."""
        return 1 if self.height > 2 else 0

    @property
    def room(self) -> int:
        """How many lines are left below the head."""
        return max(0, self.height - self.head)

    def page(self, top: int | None = None) -> int:
        """Return how many lines are left for rows when the first one is `top`."""
        first = self.top if top is None else top
        return self.room - 1 if self.room > 2 and self.count - first > self.room else self.room

    @property
    def below(self) -> int:
        """How many rows follow the last one on screen, if there is a line to say so."""
        page = self.page()
        return max(0, self.count - self.top - page) if page < self.room else 0

    @property
    def line(self) -> int:
        """On which line below the head the cursor stands."""
        return self.cursor - self.top

    def bounded(self, top: int) -> int:
        """Return the nearest top at which no line is wasted."""
        return max(0, min(top, self.count - self.room))

    def go(self, index: int) -> None:
        """Put the cursor on a row; a row outside of the window brings a jump by half a page."""
        self.cursor = max(0, min(index, self.count - 1))
        top = self.bounded(self.top)
        if not top <= self.cursor < top + max(1, self.page(top)):
            top = self.bounded(self.cursor - self.page(top) // 2)
            if self.cursor >= top + max(1, self.page(top)):
                top = self.cursor
        self.top = top

    def turn(self, direction: int, part: int) -> None:
        """Move window and cursor by a page, or by a part of one."""
        step = max(1, self.page() // part) * direction
        self.top = self.bounded(self.top + step)
        self.go(self.cursor + step)

    def scroll(self, step: int) -> None:
        """Move the window; the cursor stays in it."""
        self.top = self.bounded(self.top + step)
        last = self.top + max(1, self.page()) - 1
        self.go(max(self.top, min(self.cursor, last)))

    def keep_line(self, index: int) -> None:
        """Follow the cursor's row to its new index without moving it on the screen."""
        line = self.line
        self.cursor = index
        self.top = index - line
