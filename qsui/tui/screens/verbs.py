"""A menu of what can be done: every verb of a row, or everything new. Refused ones say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present.role import Role, Span
from qsui.present.signs import Sign
from qsui.present.text import elide_end, pad, printable, width_of
from qsui.tui.chrome import Hint
from qsui.tui.screens.dialog import DialogScreen
from qsui.tui.widgets.dialog_parts import DialogBody
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Click, Key

    from qsui.tui.widgets.span_view import SpanLine


@dataclass(frozen=True, slots=True)
class VerbEntry:
    """One line: `key` chooses it at once, `reason` says why it cannot be chosen."""

    id: str
    key: str
    title: str
    reason: str = ""


class VerbList(SpanView, inherit_bindings=False):
    """The lines of the menu; it has the keyboard so that letters reach it."""

    def __init__(self, screen: VerbsScreen) -> None:
        super().__init__(screen.lines, id="verbs", can_focus=True, classes="dialog-text")
        self._menu = screen

    def on_key(self, event: Key) -> None:
        """Take the letter of an entry: which letters there are is only known by its entries."""
        if event.is_printable and event.character and self._menu.choose(event.character):
            event.stop()

    def on_click(self, event: Click) -> None:
        """Choose the line under the pointer."""
        self._menu.choose_line(int(event.y + self.scroll_offset.y))


class VerbsScreen(DialogScreen[str]):
    """Arrows, Enter or a letter choose; Esc leaves. Dismisses with the entry's id or `None`."""

    AUTO_FOCUS: ClassVar[str | None] = "#verbs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", "next", id="verbs.next", show=False),
        Binding("up,k", "step(-1)", "previous", id="verbs.previous", show=False),
        Binding("home,g", "step_to(0)", "first", id="verbs.first", show=False),
        Binding("end,G", "step_to(-1)", "last", id="verbs.last", show=False),
        Binding("enter", "take", "choose", id="verbs.take", show=False),
        Binding("q", "cancel", "leave", id="verbs.leave", show=False),
    ]

    def __init__(self, title: str, entries: Sequence[VerbEntry]) -> None:
        super().__init__()
        self._title_words = printable(title, 200)
        self._entries = tuple(entries)
        allowed = [index for index, entry in enumerate(self._entries) if not entry.reason]
        self._at = allowed[0] if allowed else 0

    def dialog_title(self) -> Sequence[Span]:
        """What the verbs are for."""
        return ((self._title_words, Role.TITLE),)

    def compose_dialog(self) -> ComposeResult:
        """One line an entry."""
        yield VerbList(self)

    def on_mount(self) -> None:
        """As high as the entries; the line under the cursor is in sight."""
        for view in self.query("#verbs"):  # none if the program is left just now
            view.styles.height = max(1, len(self._entries))
        self.call_after_refresh(self._show_cursor)

    def hints(self) -> Sequence[Hint]:
        """How to choose and leave."""
        return (Hint("Enter", "choose"), Hint("Esc", "leave"), Hint("F1", "what and why"))

    def explain(self) -> Sequence[str]:
        """What the menu holds."""
        return (
            "Each line is something that can be done. Its letter chooses it at once; so do the "
            "arrows and Enter.",
            "Grey lines are refused now; the words beside them say by what. Nothing is sent from "
            "here: what is chosen opens its own dialog first.",
        )

    def status_left(self) -> Sequence[Span]:
        """Why the line under the cursor cannot be chosen, in full."""
        entry = self._entry()
        if entry is not None and entry.reason:
            return ((f"{entry.title}: {printable(entry.reason, 300)}", Role.MUTED),)
        return super().status_left()

    def _entry(self) -> VerbEntry | None:
        return self._entries[self._at] if self._entries else None

    def lines(self, width: int) -> list[SpanLine]:
        """Return one line an entry: cursor, key, title, reason."""
        if not self._entries:
            return [(("Nothing can be done here.", Role.MUTED),)]
        signs = self.qsui.signs
        titles = max(width_of(entry.title) for entry in self._entries)
        keys = max(3, max(width_of(entry.key) for entry in self._entries) + 1)
        lines: list[SpanLine] = []
        for index, entry in enumerate(self._entries):
            at = index == self._at
            cursor = (f"{signs.of(Sign.CURSOR)} " if at else "  ", Role.FOCUS)
            if entry.reason:
                room = width - 2 - keys - titles - 2
                why = elide_end(printable(entry.reason, 300), room, signs.ellipsis)
                words = f"{pad(entry.key, keys)}{pad(entry.title, titles)}  {why}"
                lines.append((cursor, (words.rstrip(), Role.MUTED)))
            else:
                role = Role.STRONG if at else Role.TEXT
                lines.append((cursor, (pad(entry.key, keys), Role.FOCUS), (entry.title, role)))
        return lines

    # Choosing

    def choose(self, letter: str) -> bool:
        """Take the entry of a letter; whether there is one."""
        for index, entry in enumerate(self._entries):
            if entry.key == letter:
                self._go(index)
                self.action_take()
                return True
        return False

    def choose_line(self, line: int) -> None:
        """Take the entry of a line."""
        if 0 <= line < len(self._entries):
            self._go(line)
            self.action_take()

    def action_step(self, step: int) -> None:
        """Move to another line; refused ones too, to read why."""
        if self._entries:
            self._go((self._at + step) % len(self._entries))

    def action_step_to(self, index: int) -> None:
        """Move to the first or last line."""
        if self._entries:
            self._go(index % len(self._entries))

    def _go(self, index: int) -> None:
        self._at = index
        self.unsay_status()
        for view in self.query(VerbList):
            view.redraw()
        self._redraw_lines()
        self._show_cursor()

    def _show_cursor(self) -> None:
        for body in self.query(DialogBody):
            top, height = int(body.scroll_offset.y), body.size.height
            if self._at < top:
                body.scroll_to(y=self._at, animate=False, immediate=True)
            elif self._at >= top + height:
                body.scroll_to(y=self._at - height + 1, animate=False, immediate=True)

    def action_take(self) -> None:
        """Choose the line under the cursor; a refused one says why and stays."""
        entry = self._entry()
        if entry is None:
            return
        if entry.reason:
            self.say_status(f"{entry.title}: {printable(entry.reason, 300)}")
            return
        self.dismiss(entry.id)
