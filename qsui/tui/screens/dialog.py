"""The base of every dialog: frame, title, scrolling body, buttons, status and footer lines.

A dialog is a `DialogScreen[T]` that dismisses with `T` or `None`. A subclass says:

- `dialog_title()` spans of the title (`printable` already), `tone()` the colour of the frame:
  `Tone.FOCUS`, `Tone.WARN` (cannot be undone), `Tone.ERROR` (deletes).
- `compose_dialog()` the widgets of the body, top to bottom. Text is a `self.text(build)` (as high
  as its lines, laid out again by `.redraw()`), sections are split by `self.rule()`, blank lines are
  `self.gap()` (they go first in a small terminal), fields are `FieldRow(label, DialogField(...))`.
- `compose_buttons()` the buttons, the harmless one first. `on_dialog_button_pressed` takes them.
- `status_left()` the line above the footer, `hints()` the footer's keys (`keep` of them stay),
  `explain()` the sentences behind F1.

`WIDE = True` makes it 100 cells wide instead of 74. `CSS_PATH` may be extended with
`CSS_PATH = [DIALOG_CSS, "own.tcss"]`. Esc calls `action_cancel`, which dismisses with `None`.
After a change of text call `redraw_dialog()`; `say_status(words, role)` puts a sentence into the
status line until the keyboard goes elsewhere or a field changes. Up, Down, PgUp, PgDn scroll the
body wherever no widget takes them.
Every list below keeps still: frames take no changes while a dialog is on top.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar, cast

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from qsui.present.role import Role, Span
from qsui.present.signs import Sign
from qsui.present.text import clock, elide_end, printable, width_of
from qsui.tui.chrome import Hint
from qsui.tui.dialog_footer import dialog_footer
from qsui.tui.widgets.dialog_parts import (
    ButtonLine,
    DialogBody,
    DialogButton,
    DialogField,
    DialogTop,
    FieldRow,
    SectionRule,
    SpanBlock,
)
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.events import Resize
    from textual.widget import Widget

    from qsui.tui.app import QsuiApp
    from qsui.tui.options import Session
    from qsui.tui.widgets.span_view import Build, SpanLine

T = TypeVar("T")

DIALOG_CSS = Path(__file__).parents[1] / "dialogs.tcss"
"""The sheet of every dialog."""


class Tone(StrEnum):
    """The colour of a dialog's frame."""

    FOCUS = "focus"
    WARN = "warn"
    ERROR = "error"

    @property
    def title_role(self) -> Role:
        """The role of its title."""
        return {Tone.FOCUS: Role.TITLE, Tone.WARN: Role.WARN, Tone.ERROR: Role.ERROR}[self]

    @property
    def chip(self) -> Role:
        """The ground of its act button while that has the keyboard."""
        chips = {Tone.FOCUS: Role.CHIP_FOCUS, Tone.WARN: Role.CHIP_WARN}
        return chips.get(self, Role.CHIP_ERROR)


class DialogScreen(ModalScreen[T]):
    """A modal dialog; see the module for what a subclass says."""

    CSS_PATH = DIALOG_CSS
    WIDE: ClassVar[bool] = False
    HAS_BUTTON_GAP: ClassVar[bool] = True
    """Whether a blank line stands above the buttons."""
    AUTO_FOCUS: ClassVar[str | None] = "DialogButton"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="dialog.cancel", show=False),
        Binding("f1,question_mark", "explain", "what and why", id="dialog.explain", show=False),
        Binding("down", "scroll_body(1)", "down", id="dialog.down", show=False),
        Binding("up", "scroll_body(-1)", "up", id="dialog.up", show=False),
        Binding("pagedown", "page_body(1)", "page down", id="dialog.page_down", show=False),
        Binding("pageup", "page_body(-1)", "page up", id="dialog.page_up", show=False),
        Binding("ctrl+l", "app.repaint", "repaint", id="dialog.repaint", show=False),
        Binding("ctrl+z", "app.suspend_process", "suspend", id="dialog.suspend", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._said: Span | None = None
        self._said_at = 0.0
        self._session: Session | None = None
        self._is_left = False
        self._leaves_with: tuple[T | None] | None = None
        self.set_class(self.WIDE, "-wide-dialog")

    # What a subclass says

    def dialog_title(self) -> Sequence[Span]:
        """The title: verb, count, kind."""
        raise NotImplementedError

    def tone(self) -> Tone:
        """The colour of the frame."""
        return Tone.FOCUS

    def compose_dialog(self) -> ComposeResult:
        """Yield the widgets of the body."""
        raise NotImplementedError

    def compose_buttons(self) -> Sequence[DialogButton]:
        """Return the buttons, the harmless one first; none if keys do everything."""
        return ()

    def button_note(self, width: int) -> list[SpanLine]:
        """What stands left of the buttons."""
        del width
        return [(("Esc cancels", Role.MUTED),)]

    def where(self) -> Sequence[Span]:
        """The right end of the title: scope, and whether it may be changed."""
        scope = self.qsui.scope_of(self.session)
        role = Role.CHIP_FOCUS if self.qsui.options.is_demo else Role.CHIP_WARN
        chip = (" RO ", Role.MUTED) if scope.read_only else (" RW ", role)
        return ((f"{printable(scope.label, 40)} ", Role.STRONG), chip)

    def status_left(self) -> Sequence[Span]:
        """The line above the footer."""
        health = self.session.health
        if health is None or health.last_success_at is None:
            return ()
        return ((f"Rows seen {clock(health.last_success_at, self.qsui.zone)}", Role.MUTED),)

    def hints(self) -> Sequence[Hint]:
        """The keys of the footer, most needed first."""
        return (Hint("Esc", "leave"), Hint("F1", "what and why"))

    def explain(self) -> Sequence[str]:
        """Paragraphs on what this dialog does and why it asks."""
        return ()

    # Parts

    @property
    def qsui(self) -> QsuiApp:
        """The app, with its type."""
        return cast("QsuiApp", self.app)

    @property
    def session(self) -> Session:
        """The one it is about: given by `of`, else that of the screen below when first asked."""
        if self._session is None:
            frame = self.qsui.shown_frame
            self._session = (frame.session if frame is not None else None) or self.qsui.session
        assert self._session is not None  # noqa: S101  # a dialog needs a record to be about
        return self._session

    def of(self, session: Session | None) -> Self:
        """Say which session it is about, before it opens."""
        self._session = session
        return self

    def text(self, build: Build, *, id: str | None = None) -> SpanBlock:
        """Make a block of text; `build(width)` returns its lines."""
        return SpanBlock(build, id=id, classes="dialog-text")

    def rule(self, title: Callable[[], Sequence[Span]] | None = None) -> SectionRule:
        """Make a rule between two sections."""
        return SectionRule(title, fill=self.qsui.signs.of(Sign.RULE))

    def gap(self) -> SpanBlock:
        """Make a blank line that goes first in a small terminal."""
        return SpanBlock(lambda _width: [()], classes="dialog-gap")

    # Leaving

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Leave once, however often it is asked; while something covers it, as soon as that goes.

        A key that is held down asks again before the dialog is gone, and Textual would then take
        the screen below away.
        """
        if self._is_left:
            return AwaitComplete()
        if self.app.screen is not self:
            self._leaves_with = (result,)
            return AwaitComplete()
        self._is_left = True
        return super().dismiss(result)

    def on_screen_resume(self) -> None:
        """On top again: leave if that was asked meanwhile."""
        if self._leaves_with is not None:
            self.dismiss(self._leaves_with[0])

    # Layout

    def compose(self) -> ComposeResult:
        """The frame in the middle, two lines at the bottom."""
        self._show_tone()  # now, while there is nothing below to style again
        self._size_classes(self.app.size.width, self.app.size.height)
        with Vertical(id="dialog-frame"):
            yield DialogTop(self.dialog_title, self.where)
            with Vertical(id="dialog-box"):
                with DialogBody(id="dialog-body"):
                    yield from self.compose_dialog()
                buttons = self.compose_buttons()
                if buttons:
                    if self.HAS_BUTTON_GAP:
                        yield self.gap()
                    yield ButtonLine(self.button_note, *buttons)
        with Vertical(id="dialog-lines"):
            yield SpanView(self._status, id="dialog-status", classes="-line")
            yield SpanView(self._footer, id="dialog-footer", classes="-line")

    def on_resize(self, event: Resize) -> None:
        """Give the body what is left; take air away in a small terminal."""
        self._arrange(event.size.width, event.size.height)

    def _arrange(self, width: int, height: int) -> None:
        if not self.is_composed:
            return
        self._size_classes(width, height)
        no_air = self.has_class("-no-air")
        lines = (height >= 12) + (height >= 8)
        room = height - lines - 2 - (0 if no_air else 4)
        full = width if self.has_class("-full-dialog") else 100 if self.WIDE else 74
        inner = full - 2 - (2 if no_air else 4)
        for line in self.query(ButtonLine):
            line.fit(inner)
            room -= line.lines_at(inner) + (self.HAS_BUTTON_GAP and not no_air)
        self.query_one(DialogBody).styles.max_height = max(1, room)
        self.arranged(max(1, room), inner)

    def _size_classes(self, width: int, height: int) -> None:
        self.set_class(width < (104 if self.WIDE else 78), "-full-dialog")
        self.set_class(height < 20 or width < 50, "-no-air")
        self.set_class(height < 12, "-no-dialog-status")
        self.set_class(height < 8, "-no-dialog-footer")

    def arranged(self, room: int, width: int) -> None:
        """The body may be `room` lines high, its text `width` wide; for those who divide it."""

    @property
    def is_composed(self) -> bool:
        """Whether its widgets are there: a screen that leaves as it opens is half empty."""
        return bool(self.query(DialogBody)) and not self.qsui.is_ending

    def redraw_dialog(self) -> None:
        """Lay everything out again."""
        if not self.is_composed:
            return
        self._show_tone()
        for row in self.query(FieldRow):
            row.fit()
        for view in self.query(SpanView):
            view.redraw()
        self._arrange(self.size.width, self.size.height)

    def _show_tone(self) -> None:
        for tone in Tone:
            self.set_class(self.tone() is tone, f"-tone-{tone}")

    def on_dialog_body_moved(self) -> None:
        """Say in the lower border how much is hidden below."""
        self._draw_lower_border()

    def _draw_lower_border(self) -> None:
        """What is hidden below or, where there is no status line, what was just said."""
        if not self.is_composed:
            return
        for box in self.query("#dialog-box"):
            below = self.query_one(DialogBody).lines_below
            words = f"{self.qsui.signs.of(Sign.MORE)} {below} more" if below else ""
            if self._said and self.has_class("-no-dialog-status"):
                words = elide_end(self._said[0], box.size.width - 2, self.qsui.signs.ellipsis)
            box.border_subtitle = Content(words)

    # Keyboard

    @property
    def focus_chain(self) -> list[Widget]:
        """What Tab goes through: not the buttons that would do nothing."""
        return [
            widget
            for widget in super().focus_chain
            if widget is self.focused
            or not (isinstance(widget, DialogButton) and widget.is_passed_over)
        ]

    def on_dialog_field_cut(self, event: DialogField.Cut) -> None:
        """Say that not all of what was pasted is there."""
        event.stop()
        words = f"It was too long for the field: {event.kept:,} characters of it were kept."
        self.say_status(words)

    # Lines at the bottom

    def say_status(self, words: str, role: Role = Role.WARN) -> None:
        """Put a sentence into the status line until the next key."""
        self._said, self._said_at = (words, role), self.qsui.typed_at
        self._redraw_lines()

    def unsay_status(self) -> None:
        """Let the status line say again what it says at rest."""
        if self._said is not None:
            self._said = None
            self._redraw_lines()

    def on_descendant_focus(self) -> None:
        """The keyboard went elsewhere: what was said is over if it was about a key before."""
        if self.qsui.typed_at != self._said_at:  # the key itself may have moved the keyboard
            self.unsay_status()

    def on_input_changed(self) -> None:
        """Something was typed: the same."""
        if self.qsui.typed_at != self._said_at:
            self.unsay_status()

    def _redraw_lines(self) -> None:
        for view in self.query("#dialog-status, #dialog-footer").results(SpanView):
            view.redraw()
        self._draw_lower_border()

    def _status(self, width: int) -> list[SpanLine]:
        spans = [self._said] if self._said else list(self.status_left())
        text = "".join(text for text, _ in spans)
        if width_of(text) > width - 2 and spans:
            cut = elide_end(text, width - 2, self.qsui.signs.ellipsis)
            spans = [(cut, spans[0][1])]
        return [((" ", Role.TEXT), *spans)]

    def _footer(self, width: int) -> list[SpanLine]:
        return [dialog_footer(self.hints(), width)]

    # Actions

    def action_cancel(self) -> None:
        """Leave; nothing happens."""
        self.dismiss(None)

    def action_explain(self) -> None:
        """Show what this dialog is about."""
        from qsui.tui.screens.explain import ExplainScreen

        sentences = self.explain()
        if sentences:
            title = "".join(text for text, _ in self.dialog_title())
            self.app.push_screen(ExplainScreen(title, sentences))

    def action_scroll_body(self, lines: int) -> None:
        """Scroll the body."""
        body = self.query_one(DialogBody)
        body.scroll_to(y=body.scroll_offset.y + lines, animate=False, immediate=True)

    def action_page_body(self, direction: int) -> None:
        """Scroll the body by a page less one line."""
        self.action_scroll_body(max(1, self.query_one(DialogBody).size.height - 1) * direction)
