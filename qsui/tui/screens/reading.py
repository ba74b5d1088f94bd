"""Stands between a choice and the form it opens while the server is read.

It takes the keyboard, so that what is typed ahead of the form does not reach the list below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present.role import Role, Span
from qsui.tui.chrome import Hint
from qsui.tui.screens.dialog import DialogScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class ReadingScreen(DialogScreen[bool]):
    """Says that something is read for `title`, plain words.

    Who reads dismisses it with `True`; Esc leaves with `None`.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def dialog_title(self) -> Sequence[Span]:
        """What comes next."""
        return ((self._title, self.tone().title_role),)

    def compose_dialog(self) -> ComposeResult:
        """One line."""
        words = f"Reading {self.qsui.signs.ellipsis}"
        yield self.text(lambda _width: [((words, Role.STRONG),)])

    def hints(self) -> Sequence[Hint]:
        """The one key."""
        return (Hint("Esc", "leave"),)
