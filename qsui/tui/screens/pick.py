"""Choose one of a few: used for the order of a list and for scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from qsui.present.role import Role, Span
from qsui.present.signs import Sign
from qsui.tui.widgets.span_view import SpanView, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.tui.app import QsuiApp


class PickScreen(ModalScreen[str | None]):
    """Arrows choose, Enter takes, Esc leaves as it was. Dismisses with the id or `None`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", "next", id="pick.next", show=False),
        Binding("up,k", "step(-1)", "previous", id="pick.previous", show=False),
        Binding("enter", "take", "take", id="pick.take", show=False),
        Binding("escape,q", "dismiss", "leave", id="pick.leave", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        super().__init__()
        self._title_text = title
        self._choices = list(choices)
        ids = [id for id, _ in self._choices]
        self._at = ids.index(chosen) if chosen in ids else 0

    def compose(self) -> ComposeResult:
        """A title and a line a choice."""
        with Vertical(id="pick-box"):
            yield SpanView(self._title_line, id="pick-title", classes="-line")
            yield SpanView(self._lines, id="pick-list")

    def on_mount(self) -> None:
        """As high as the choices."""
        for view in self.query("#pick-list"):  # none if the program is left just now
            view.styles.height = len(self._choices)

    def _title_line(self, width: int) -> list[tuple[Span, ...]]:
        keys: list[Span] = [("Enter", Role.FOCUS), (" take  ", Role.MUTED)]
        keys += [("Esc", Role.FOCUS), (" leave", Role.MUTED)]
        return [spread([(self._title_text, Role.TITLE)], keys, width)]

    def _lines(self, width: int) -> list[tuple[Span, ...]]:
        del width
        cursor = cast("QsuiApp", self.app).signs.of(Sign.CURSOR)
        return [
            (
                (f"{cursor} " if index == self._at else "  ", Role.FOCUS),
                (title, Role.STRONG if index == self._at else Role.TEXT),
            )
            for index, (_, title) in enumerate(self._choices)
        ]

    def action_step(self, step: int) -> None:
        """Move to another choice."""
        self._at = (self._at + step) % len(self._choices)
        self.query_one("#pick-list", SpanView).redraw()

    def action_take(self) -> None:
        """Take the choice under the cursor."""
        self.dismiss(self._choices[self._at][0])
