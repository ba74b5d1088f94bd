"""What dialogs are made of: text as high as it is, rules, fields with a label, a line of buttons.

Everything is drawn from spans; texts must be printable already. None of it knows a plan or a draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from qsui.present.role import Role, Span
from qsui.present.text import elide_end, printable, width_of
from qsui.tui.look import roles_of
from qsui.tui.widgets.span_view import SpanView, line_width, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size

    from qsui.tui.widgets.span_view import Build, SpanLine


class SpanBlock(SpanView, inherit_bindings=False):
    """Lines of spans, as high as there are lines; it never takes the keyboard."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text has at this width."""
        del container, viewport
        return len(self._build(width)) if width > 0 else 0

    def redraw(self) -> None:
        """Lay out again; the dialog grows or shrinks if the number of lines changed."""
        before = self.line_count
        super().redraw()
        if self.line_count != before:
            self.refresh(layout=True)


class SectionRule(SpanView, inherit_bindings=False):
    """A rule from side to side that splits two sections, with a title in it if there is one."""

    def __init__(self, title: Callable[[], Sequence[Span]] | None = None, *, fill: str) -> None:
        super().__init__(self._line, classes="dialog-rule")
        self._title_of = title
        self._fill = fill

    def _line(self, width: int) -> list[SpanLine]:
        title = tuple(self._title_of()) if self._title_of else ()
        if not title:
            return [((self._fill * width, Role.RULE),)]
        return [spread([(f"{self._fill} ", Role.RULE), *title], (), width, self._fill)]


class DialogTop(SpanView, inherit_bindings=False):
    """The upper border: what the dialog does on the left, where on the right."""

    def __init__(
        self, title: Callable[[], Sequence[Span]], where: Callable[[], Sequence[Span]]
    ) -> None:
        super().__init__(self._line, id="dialog-top")
        self._title_of = title
        self._where_of = where

    def _line(self, width: int) -> list[SpanLine]:
        plain = self.app.has_class("-ascii")
        left, line, right = ("+", "-", "+") if plain else ("╭", "─", "╮")
        title, where = list(self._title_of()), list(self._where_of())
        room = width - 8
        if room - line_width(where) < LEAST_TITLE:
            where = where[-1:]  # only whether it may be changed
        if line_width(title) + line_width(where) + 3 > room:
            title = _cut(title, room - line_width(where) - 1, "~" if plain else "…")
        fill = max(0, width - line_width(title) - line_width(where) - 8)
        middle: list[Span] = [*title, (f" {line * fill} ", Role.RULE), *where]
        return [((f"{left}{line} ", Role.RULE), *middle, (f" {line}{right}", Role.RULE))]

    def render_line(self, y: int) -> Strip:
        """Draw it with the rules in the colour of the border."""
        if y >= self.line_count:
            return Strip.blank(self.size.width, self.rich_style)
        styles, base = roles_of(self.app), self.rich_style
        segments = [
            Segment(text, base if role is Role.RULE else base + styles[role])
            for text, role in self._line(self.size.width)[0]
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)


LEAST_TITLE = 16
LABEL_CELLS = 9
LEAST_FIELD = 10
LINE_CELLS = 60
LONGEST_TEXT = 4000
"""Characters that a field takes if nothing else is said."""
MOST_PASTED = 4 * LONGEST_TEXT


def _cut(spans: Sequence[Span], width: int, ellipsis: str) -> list[Span]:
    """Shorten a title of one or more spans to a width, the last span first."""
    kept, room = [], max(1, width)
    for text, role in spans:
        part = elide_end(text, room, ellipsis)
        if part:
            kept.append((part, role))
        room -= width_of(part)
    return kept


class DialogBody(VerticalScroll, can_focus=False, inherit_bindings=False):
    """What scrolls inside the frame; tells when it was scrolled or laid out again."""

    @dataclass
    class Moved(Message):
        """Other lines are hidden now."""

    @property
    def lines_below(self) -> int:
        """How many lines are hidden below."""
        return max(0, self.virtual_size.height - int(self.scroll_offset.y) - self.size.height)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell the dialog."""
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())

    def watch_virtual_size(self) -> None:
        """Tell the dialog."""
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Tell the dialog: less room hides more."""
        self.post_message(self.Moved())


class DialogField(Input):
    """A field of one line: `.is_bad` draws its text in the error colour, the value is kept.

    Whatever comes into it, typed, pasted or from a server, is shown without control characters.
    """

    @dataclass
    class Cut(Message):
        """Of what was pasted only the first `kept` characters found room."""

        kept: int

    def __init__(self, value: str = "", *, id: str, max_length: int = LONGEST_TEXT) -> None:
        super().__init__(value, id=id, max_length=max_length, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Keep what a terminal might obey away from it."""
        return printable(value, None)

    def on_paste(self, event: events.Paste) -> None:
        """Take what is pasted as one line, as much of it as there is room for."""
        event.prevent_default()
        event.stop()
        start, end = sorted(self.selection)
        room = (self.max_length or LONGEST_TEXT) - len(self.value) + end - start
        line = printable(" ".join(event.text[:MOST_PASTED].split()), None)
        kept = line[: max(0, room)]
        if kept:
            self.replace(kept, start, end)
        if len(kept) < len(line) or len(event.text) > MOST_PASTED:
            self.post_message(self.Cut(len(kept)))

    def on_mount(self) -> None:
        """Without coloured grounds an empty field is seen by its line."""
        if (self.app.no_color or self.app.native_ansi_color) and not self.placeholder:
            self.placeholder = "_" * LINE_CELLS

    @property
    def is_bad(self) -> bool:
        """Whether what stands in it cannot be taken."""
        return self.has_class("-bad")

    @is_bad.setter
    def is_bad(self, bad: bool) -> None:
        self.set_class(bad, "-bad")


class FieldRow(Widget):
    """A label and its field, one below the other where both have no room side by side."""

    def __init__(
        self, label: Callable[[], Sequence[Span]], field: DialogField, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._label = label
        self.field = field

    def compose(self) -> ComposeResult:
        """The label, then the field."""
        yield SpanView(lambda _width: [tuple(self._label())], classes="label -line")
        yield self.field

    def lines_at(self, width: int) -> int:
        """How many lines it takes where text is `width` wide."""
        return 2 if self._label_width() + LEAST_FIELD > width else 1

    def on_resize(self, event: events.Resize) -> None:
        """Set the field beside its label, or below it."""
        del event
        self.fit()

    def fit(self) -> None:
        """Lay out again for the label of now."""
        width = self.content_size.width
        stacked = self.lines_at(width) == 2
        self.set_class(stacked, "-stacked")
        for label in self.query(".label"):
            label.styles.width = "100%" if stacked else self._label_width()

    def _label_width(self) -> int:
        return max(LABEL_CELLS, line_width(tuple(self._label())) + 2)


class DialogButton(SpanView, inherit_bindings=False):
    """`[ Cancel ]`, or `( Trigger 2 )` while it is not armed; pressing an unarmed one says why.

    `why_not` is a sentence for the status line; empty means armed. `tone` is the chip under the
    words while it has the keyboard. Tab passes over an unarmed one, arrows do not, unless
    `is_asking`: then pressing it is the next step.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "press", "press the button", id="dialog.press", show=False),
        Binding("left", "step(-1)", "button before", id="dialog.left", show=False),
        Binding("right", "step(1)", "next button", id="dialog.right", show=False),
    ]

    @dataclass
    class Pressed(Message):
        """Enter or a click on it, armed or not."""

        button: DialogButton

        @property
        def control(self) -> DialogButton:
            """The button."""
            return self.button

    def __init__(
        self, label: str, *, id: str, tone: Role = Role.CHIP_FOCUS, why_not: str = ""
    ) -> None:
        super().__init__(self._line, id=id, can_focus=True)
        self.label = label
        self.tone = tone
        self.why_not = why_not
        self.is_asking = False

    @property
    def is_armed(self) -> bool:
        """Whether pressing it does what it says."""
        return not self.why_not

    @property
    def is_passed_over(self) -> bool:
        """Whether Tab goes on to what comes behind it."""
        return not self.is_armed and not self.is_asking

    @property
    def words(self) -> str:
        """Its label in brackets or, unarmed, in parentheses."""
        return f"[ {self.label} ]" if self.is_armed else f"( {self.label} )"

    def change(self, *, label: str | None = None, why_not: str | None = None) -> None:
        """Set the label or what keeps it from working."""
        self.label = self.label if label is None else label
        self.why_not = self.why_not if why_not is None else why_not
        self.refresh(layout=True)
        self.redraw()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as its words."""
        del container, viewport
        return width_of(self.words)

    def _line(self, width: int) -> list[SpanLine]:
        if self.has_focus:
            role = self.tone if self.is_armed else Role.HEAD
        else:
            role = Role.STRONG if self.is_armed else Role.MUTED
        return [((self.words[:width], role),)]

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show whether it has the keyboard."""
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_click(self) -> None:
        """Press it."""
        self.action_press()

    def action_press(self) -> None:
        """Tell the dialog."""
        self.post_message(self.Pressed(self))

    def action_step(self, step: int) -> None:
        """Go to another button of its line; past the last one to what comes next."""
        line = self.parent.children if isinstance(self.parent, Widget) else ()
        buttons = [each for each in line if isinstance(each, DialogButton) and each.display]
        at = buttons.index(self) + step
        if 0 <= at < len(buttons):
            buttons[at].focus()
        elif step > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()


class ButtonLine(Widget):
    """A note on the left, buttons on the right; below one another if the line is too short."""

    def __init__(self, note: Build, *buttons: DialogButton) -> None:
        super().__init__()
        self._note = note
        self.buttons = buttons

    def compose(self) -> ComposeResult:
        """Note and buttons."""
        yield SpanView(self._fitting_note, classes="note -line")
        yield from self.buttons

    def _fitting_note(self, width: int) -> Sequence[SpanLine]:
        note = self._note(width)
        return note if all(line_width(line) <= width for line in note) else ()

    def lines_at(self, width: int) -> int:
        """How many lines it takes at a width."""
        return len(self._shown()) if self._is_stacked(width) else 1

    def fit(self, width: int) -> None:
        """Choose between one line and several."""
        self.set_class(self._is_stacked(width), "-stacked")
        for view in self.query(".note"):
            if isinstance(view, SpanView):
                view.redraw()

    def _shown(self) -> list[DialogButton]:
        return [button for button in self.buttons if button.display]

    def _is_stacked(self, width: int) -> bool:
        return sum(width_of(button.words) + 2 for button in self._shown()) > width
