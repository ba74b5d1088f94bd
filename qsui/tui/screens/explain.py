"""What a dialog is about, in paragraphs of plain words over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present.role import Role, Span
from qsui.tui.chrome import Hint
from qsui.tui.screens.dialog import DialogScreen
from qsui.tui.widgets.lines import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.tui.widgets.span_view import SpanLine


class ExplainScreen(DialogScreen[None]):
    """Paragraphs of plain words over a dialog."""

    AUTO_FOCUS: ClassVar[str | None] = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q,f1,question_mark", "cancel", "back", id="explain.back", show=False),
    ]

    def __init__(self, title: str, paragraphs: Sequence[str]) -> None:
        super().__init__()
        self._title_words = title
        self._paragraphs = tuple(paragraphs)

    def dialog_title(self) -> Sequence[Span]:
        """What is explained."""
        return ((self._title_words, Role.TITLE),)

    def compose_dialog(self) -> ComposeResult:
        """One block of text."""
        yield self.text(self._lines)

    def hints(self) -> Sequence[Hint]:
        """How to leave."""
        return (Hint("Esc", "back"), Hint("Up Down", "scroll"))

    def _lines(self, width: int) -> list[SpanLine]:
        lines: list[SpanLine] = []
        for paragraph in self._paragraphs:
            if lines:
                lines.append(())
            lines.extend(wrap(((self.qsui.signs.words(paragraph), Role.TEXT),), max(8, width)))
        return lines
