"""Choose a template of the server: names that match what is typed, the SQL of the one chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present.role import Role, Span
from qsui.present.signs import Sign
from qsui.present.text import elide_end, elide_middle, pad, printable, printable_lines
from qsui.tui.chrome import Hint
from qsui.tui.screens.dialog import DIALOG_CSS, DialogScreen
from qsui.tui.widgets.dialog_parts import DialogField
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.widgets import Input

    from qsui.domain.models import Template
    from qsui.tui.widgets.span_view import SpanLine

_SQL_LINES = 200


class TemplateScreen(DialogScreen[str | None]):
    """Typing narrows, arrows choose, Enter takes; dismisses with the template's id or `None`."""

    WIDE = True
    CSS_PATH: ClassVar[list[str | Path]] = [DIALOG_CSS, "new.tcss"]  # type: ignore[assignment]  # one more sheet than the base
    AUTO_FOCUS: ClassVar[str | None] = "#templates-find"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", "next", id="templates.next", show=False),
        Binding("up", "step(-1)", "previous", id="templates.previous", show=False),
        Binding("pagedown", "page(1)", "page down", id="templates.page_down", show=False),
        Binding("pageup", "page(-1)", "page up", id="templates.page_up", show=False),
    ]

    def __init__(self, templates: Sequence[Template], chosen: str = "") -> None:
        super().__init__()
        self._all = sorted(templates, key=lambda template: template.name.casefold())
        self._shown = self._all
        ids = [template.id for template in self._all]
        self._at = ids.index(chosen) if chosen in ids else 0

    def dialog_title(self) -> Sequence[Span]:
        """What is chosen, of how many."""
        count = len(self._all)
        some = f"{len(self._shown)} of {count}" if len(self._shown) != count else str(count)
        return (("Choose a template", Role.TITLE), (f"  {some}", Role.MUTED))

    def compose_dialog(self) -> ComposeResult:
        """The field, the names, the SQL of the one under the cursor."""
        yield DialogField(id="templates-find")
        yield SpanView(self._names, id="templates-list", classes="dialog-text")
        yield self.rule(self._rule_words)
        yield SpanView(self._sql, id="templates-sql", classes="dialog-text")

    def hints(self) -> Sequence[Hint]:
        """The keys."""
        return (
            Hint("Up Down", "choose"),
            Hint("Enter", "take"),
            Hint("Esc", "leave"),
            Hint("Type", "a part of the name"),
        )

    def status_left(self) -> Sequence[Span]:
        """Who wrote it."""
        template = self._chosen
        if template is None:
            return (("None match." if self._all else "The server has no templates.", Role.MUTED),)
        owner = printable(template.owner) or "unknown"
        return ((f"{printable(template.id, 60)}  by {owner}", Role.MUTED),)

    def arranged(self, room: int, width: int) -> None:
        """Names above, SQL below."""
        del width
        names = max(1, min(len(self._all), (room - 3) // 2, 12))
        for view in self.query("#templates-list"):
            view.styles.height = names
        for view in self.query("#templates-sql"):
            view.styles.height = max(1, min(14, room - 3 - names))

    @property
    def _chosen(self) -> Template | None:
        return self._shown[self._at] if self._at < len(self._shown) else None

    def _names(self, width: int) -> list[SpanLine]:
        """As many names as there is room for, the chosen one among them."""
        height = max(1, self.query_one("#templates-list", SpanView).size.height)
        top = max(0, min(self._at - height // 2, len(self._shown) - height))
        cursor, ellipsis = self.qsui.signs.of(Sign.CURSOR), self.qsui.signs.ellipsis
        lines: list[SpanLine] = []
        for index, template in enumerate(self._shown[top : top + height], top):
            here = index == self._at
            wants = ", ".join(f"${printable(name)}" for name, _ in template.parameters)
            name = elide_middle(printable(template.name), max(8, width // 2), ellipsis)
            lines.append(
                (
                    (f"{cursor} " if here else "  ", Role.FOCUS),
                    (pad(name, max(8, width // 2)), Role.STRONG if here else Role.TEXT),
                    (elide_end(f"  {wants}", width - width // 2 - 2, ellipsis), Role.MUTED),
                )
            )
        return lines

    def _rule_words(self) -> Sequence[Span]:
        template = self._chosen
        return (("SQL ", Role.STRONG),) if template else ()

    def _sql(self, width: int) -> list[SpanLine]:
        template = self._chosen
        if template is None:
            return []
        lines = printable_lines(template.sql)[:_SQL_LINES]
        return [((elide_end(line, width, self.qsui.signs.ellipsis), Role.TEXT),) for line in lines]

    def on_input_changed(self) -> None:
        """Narrow the names."""
        wanted = self.query_one("#templates-find", DialogField).value.strip().casefold()
        before = self._chosen
        self._shown = [one for one in self._all if wanted in one.name.casefold()]
        self._at = self._shown.index(before) if before in self._shown else 0
        self.redraw_dialog()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the chosen one."""
        event.stop()
        if self._chosen is not None:
            self.dismiss(self._chosen.id)

    def action_step(self, step: int) -> None:
        """Choose another."""
        if self._shown:
            self._at = max(0, min(len(self._shown) - 1, self._at + step))
            self.redraw_dialog()

    def action_page(self, direction: int) -> None:
        """Choose one a window away."""
        self.action_step(direction * max(1, self.query_one("#templates-list").size.height - 1))
