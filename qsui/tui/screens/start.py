"""What is painted first: the frame, and in words what is waited for.

The lists take their place as soon as they are imported; until then nothing heavier is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.present.list_states import starting
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.present.role import Span


class StartScreen(FrameScreen):
    """The frame of the first list, without the list."""

    TAB = "schedules"

    def compose_body(self) -> ComposeResult:
        """Words only."""
        yield SpanView(self._words)

    def _words(self, width: int) -> Sequence[tuple[Span, ...]]:
        del width
        words = self.qsui.options.starting_words or f"Connecting to {self.where}"
        return starting(words, self.qsui.signs)
