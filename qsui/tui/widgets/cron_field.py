"""The field of a cron expression, and the tree under it with a line of presets to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets.input import Selection

from qsui.domain import cron_edit
from qsui.present.role import Role
from qsui.present.text import printable
from qsui.tui.widgets.dialog_parts import DialogField, SpanBlock
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from qsui.tui.widgets.span_view import Build

LABEL_WIDTH = 6
TEXT_AT = LABEL_WIDTH + 1
"""The column of the expression in the lines above and below: behind the label and the bar."""

LEAST_WIDTH = 24
NARROW_WIDTH = 16
"""The least width of the field in a full and in a narrow dialog."""

_FULL_FROM = 90
LONGEST = 200


class CronField(DialogField):
    """Up and Down step the part under the text cursor; all else is typed.

    `cells` is how wide it is, its bar included.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(1)", "step the field up", id="cadence.up", show=False),
        Binding("down", "step(-1)", "step the field down", id="cadence.down", show=False),
    ]

    @dataclass
    class NotStepped(Message):
        """Up or Down where nothing can be stepped."""

    def __init__(self, value: str) -> None:
        super().__init__(value, id="cron", max_length=LONGEST)
        self.selection = Selection(len(self.value), 0)  # typing replaces it; Up steps the minute
        self.cells = LEAST_WIDTH

    def validate_value(self, value: str) -> str:
        """Show what is pasted, or was sent by a server, without its control characters."""
        return printable(value, LONGEST)

    def action_step(self, direction: int) -> None:
        """Step what is under the cursor."""
        edited = cron_edit.step(self.value, self.cursor_position, direction)
        if edited is None:
            self.post_message(self.NotStepped())
            return
        self.value = edited.text
        self.cursor_position = edited.cursor


class CronRow(Widget):
    """A label, the field, and beside it what the expression says in words."""

    def __init__(self, field: CronField, words: Build) -> None:
        super().__init__(id="cron-row")
        self.field = field
        self._words = words

    def compose(self) -> ComposeResult:
        """From left to right."""
        yield SpanView(lambda _width: [(("New", Role.MUTED),)], id="cron-label", classes="-line")
        yield self.field
        yield SpanView(self._words, id="cron-words", classes="-line")

    def fit(self, width: int) -> None:
        """Make the field wide enough for its text, as far as the row allows."""
        least = LEAST_WIDTH if width >= _FULL_FROM else NARROW_WIDTH
        wanted = max(least, len(self.field.value) + 3)
        wanted = max(4, min(wanted, width - LABEL_WIDTH))
        if self.field.cells != wanted:
            self.field.cells = wanted
            self.field.styles.width = wanted


class PresetTree(SpanBlock):
    """Lines of text that take the keyboard to choose one of a few presets.

    Left and Right choose, Enter or Space takes. `chosen` counts from 0.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1)", "preset before", id="cadence.previous", show=False),
        Binding("right", "choose(1)", "next preset", id="cadence.next", show=False),
        Binding("enter,space", "take", "take the preset", id="cadence.take", show=False),
    ]

    @dataclass
    class Taken(Message):
        """Enter or Space on a preset."""

        index: int

    def __init__(self, build: Build) -> None:
        super().__init__(build, id="cron-tree", classes="dialog-text", can_focus=True)
        self.count = 0
        self.chosen = 0

    def on_focus(self) -> None:
        """Show which one is chosen."""
        self.redraw()

    def on_blur(self) -> None:
        """Show none as chosen."""
        self.redraw()

    def action_choose(self, step: int) -> None:
        """Choose another one."""
        if self.count:
            self.chosen = (self.chosen + step) % self.count
            self.redraw()

    def action_take(self) -> None:
        """Tell the dialog."""
        if self.count:
            self.post_message(self.Taken(min(self.chosen, self.count - 1)))
