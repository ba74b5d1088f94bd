"""Asked before the program is left while effects are still looked for: names what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present import outcomes, plan_words
from qsui.present.role import Role, Span
from qsui.present.text import elide_middle
from qsui.tui.chrome import Hint
from qsui.tui.look_context import own_look
from qsui.tui.scopes import label_of
from qsui.tui.screens.dialog import DialogScreen, Tone
from qsui.tui.widgets.dialog_parts import DialogButton
from qsui.tui.widgets.lines import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.domain.pending import Pending
    from qsui.tui.widgets.span_view import SpanLine

LATER = (
    "They go on at the server. Without this program nobody looks whether they take effect; the "
    "next start takes them up again from the journal."
)
LOST = (
    "They go on at the server. Some of them are not in the journal, so no later start will look "
    "whether they take effect."
)


class QuitScreen(DialogScreen[bool]):
    """Dismisses with whether to leave; Esc and the first button stay. `under_way` is named."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "leave", "quit", id="quit.yes", show=False),
        Binding("n", "cancel", "stay", id="quit.no", show=False),
    ]

    def __init__(self, under_way: Sequence[Pending]) -> None:
        super().__init__()
        self._open = tuple(under_way)

    def dialog_title(self) -> Sequence[Span]:
        """How many are open."""
        count = len(self._open)
        words = "1 action is" if count == 1 else f"{count} actions are"
        return ((f"Quit? {words} not seen yet", self.tone().title_role),)

    def tone(self) -> Tone:
        """Leaving cannot be undone."""
        return Tone.WARN

    def where(self) -> Sequence[Span]:
        """In how many scopes they were taken; if it is one, which."""
        scopes = {label_of(pending.action.target) for pending in self._open}
        if len(scopes) > 1:
            return ((f"in {len(scopes)} scopes", Role.STRONG),)
        self.of(self.qsui.session_of(self._open[0].action.target) or self.session)
        return super().where()

    def compose_dialog(self) -> ComposeResult:
        """What is open, and what leaving means."""
        yield self.text(self._lines)

    def compose_buttons(self) -> Sequence[DialogButton]:
        """Stay first."""
        return (
            DialogButton("Stay", id="stay"),
            DialogButton("Quit", id="quit", tone=self.tone().chip),
        )

    def button_note(self, width: int) -> list[SpanLine]:
        """How to stay."""
        del width
        return [(("Esc stays", Role.MUTED),)]

    def hints(self) -> Sequence[Hint]:
        """The keys."""
        return (
            Hint("Tab", "next"),
            Hint("Enter", "press the button"),
            Hint("Esc", "stay"),
            Hint("y n", "quit, stay"),
        )

    def _lines(self, width: int) -> list[SpanLine]:
        signs, now = self.qsui.signs, own_look(self.qsui).now
        lines: list[SpanLine] = []
        is_several = len({label_of(pending.action.target) for pending in self._open}) > 1
        for pending in self._open:
            title = plan_words.plan_title((pending.action,))
            sign, role = outcomes.outcome_look(pending.stage)
            head = elide_middle(signs.words(title), max(4, width - 2), signs.ellipsis)
            lines.append(((f"{signs.of(sign)} ", role), (head, Role.STRONG)))
            where = f"{self.qsui.scope_name(pending.action.target)}: " if is_several else ""
            words = ((where + outcomes.outcome_words(pending, now), Role.MUTED),)
            lines += [(("  ", Role.TEXT), *line) for line in wrap(words, max(8, width - 2))]
        is_kept = all(pending.is_recorded for pending in self._open)
        lines.append(())
        lines += wrap(((LATER if is_kept else LOST, Role.TEXT),), width)
        return lines

    def on_dialog_button_pressed(self, event: DialogButton.Pressed) -> None:
        """Stay or leave."""
        self.dismiss(event.button.id == "quit")

    def action_leave(self) -> None:
        """Leave the program."""
        self.dismiss(True)

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(False)
