"""What a create form is made of: labelled fields with a hint, rows of parameters, the SQL.

Nothing here knows a draft; texts given for spans must be printable already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea

from qsui.present.role import Role, Span
from qsui.present.text import elide_end, printable_lines, width_of
from qsui.tui.widgets.dialog_parts import DialogField, SpanBlock
from qsui.tui.widgets.lines import wrap
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.text import Text
    from textual import events
    from textual.app import ComposeResult

    from qsui.tui.widgets.span_view import SpanLine

LABEL = 13
"""Cells of the labels at the left."""

_NARROW = 44
_HINT_FROM = 60
_HIDDEN = str.maketrans(
    dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F)], "?")
    | dict.fromkeys(range(0x2066, 0x206A), "?")
)
"""What a terminal might obey, and what stands for it."""


class FormRow(Widget):
    """A label, what is filled in, a hint beside it, and what is wrong with it on the lines below.

    The hint goes below as well where there is no room beside. `more` returns lines that always
    stand below.
    """

    def __init__(
        self,
        label: str,
        *parts: Widget,
        name: str,
        hint: Callable[[], Sequence[Span]] | None = None,
        more: Callable[[], Sequence[Span]] = tuple,
        is_short: bool = False,
    ) -> None:
        super().__init__(name=name)
        self.set_class(not parts, "-bare")
        self.set_class(is_short, "-short")
        self._label = label
        self.parts = parts
        self._hint = hint or tuple
        self._has_hint = hint is not None
        self._more = more
        self._told: Span | None = None

    def compose(self) -> ComposeResult:
        """The line, then what stands below."""
        with Horizontal(classes="form-line"):
            yield SpanView(self._label_line, classes="form-label -line")
            yield from self.parts
            yield SpanView(self._hint_line, classes="form-hint -line")
        yield SpanBlock(self._below, classes="form-below")

    def on_resize(self, event: events.Resize) -> None:
        """Put the label above and the hint below in a narrow terminal."""
        self.set_class(event.size.width < _NARROW, "-stacked")
        self.set_class(event.size.width < _HINT_FROM or not self._has_hint, "-no-hint")
        self.redraw()

    def tell(self, words: str, role: Role = Role.ERROR) -> None:
        """Say below what is wrong; empty words take it back."""
        told = (words, role) if words else None
        if told != self._told:
            self._told = told
            self.redraw()

    def redraw(self) -> None:
        """Write hint and lines below again."""
        for view in self.query(SpanView):
            if view.has_class("form-hint") or view.has_class("form-below"):
                view.redraw()

    def _label_line(self, width: int) -> list[SpanLine]:
        return [((elide_end(self._label, width), Role.MUTED),)]

    def _hint_line(self, width: int) -> list[SpanLine]:
        return [_cut(self._hint(), width)]

    def _below(self, width: int) -> list[SpanLine]:
        indent = 0 if self.has_class("-stacked") else LABEL
        texts = [self._more()]
        if self.has_class("-no-hint"):
            texts.insert(0, self._hint())
        if self._told is not None:
            texts.append([self._told])
        room = max(8, width - indent)
        return [
            ((" " * indent, Role.TEXT), *line)
            for text in texts
            if text
            for line in wrap(tuple(text), room)
        ]


def _cut(spans: Sequence[Span], width: int) -> SpanLine:
    kept: list[Span] = []
    for text, role in spans:
        part = elide_end(text, width)
        kept.append((part, role))
        width -= width_of(part)
        if part != text:
            break
    return tuple(kept)


class ParameterRow(Horizontal):
    """One `name = value`."""

    def __init__(self, name: str, value: str, number: int) -> None:
        super().__init__()
        self.key = DialogField(name, id=f"new-parameter-{number}")
        self.value = DialogField(value, id=f"new-value-{number}")

    def compose(self) -> ComposeResult:
        """Two fields and a sign between."""
        yield self.key
        yield SpanView(lambda _width: [((" = ", Role.MUTED),)], classes="form-equals -line")
        yield self.value

    @property
    def pair(self) -> tuple[str, str]:
        """Name and value as typed."""
        return self.key.value, self.value.value

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(self.pair)


class ParameterRows(Widget):
    """Parameters of a query; below the last one there is always an empty row."""

    @dataclass
    class Changed(Message):
        """Another name or value."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__(id="new-parameters")
        self._count = 0
        self._rows = [self._row(*pair) for pair in (*pairs, ("", ""))]

    def compose(self) -> ComposeResult:
        """The rows."""
        yield from self._rows

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values as typed, blank rows left out."""
        return tuple(row.pair for row in self._rows if not row.is_blank)

    def show(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Replace all."""
        for row in self._rows:
            row.remove()
        self._rows = [self._row(*pair) for pair in (*pairs, ("", ""))]
        self.mount(*self._rows)

    def want(self, names: Sequence[str], *, leave: Sequence[str] = ()) -> None:
        """Add rows for names that have none; drop names that nobody wants and nobody filled."""
        for row in self._rows[:-1]:
            name, value = row.pair
            if name in leave and name not in names and not value:
                row.remove()
        self._rows = [row for row in self._rows if row.is_attached or not row.is_mounted]
        given = {row.pair[0].strip().removeprefix("$") for row in self._rows}
        added = [self._row(name, "") for name in names if name not in given]
        if added:
            last = self._rows.pop()
            self._rows += [*added, last]
            self.mount(*added, before=last)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep an empty row at the end."""
        del event
        if self._rows and not self._rows[-1].is_blank:
            self._rows.append(self._row("", ""))
            self.mount(self._rows[-1])
        self.post_message(self.Changed())

    def _row(self, name: str, value: str) -> ParameterRow:
        self._count += 1
        return ParameterRow(name, value, self._count)


class SqlArea(TextArea):
    """SQL to edit in place; `sql` is what will be sent, to the character if nothing was typed.

    A text with characters that a terminal might obey is shown with their codes and cannot be edited
    here; `is_coded` says so.
    """

    def __init__(self, sql: str) -> None:
        super().__init__("", id="new-sql", soft_wrap=True, compact=True, tab_behavior="focus")
        self.highlight_cursor_line = False
        self.cursor_blink = False
        self.is_coded = False
        self._given = self._shown = ""
        self.show_sql(sql)

    @property
    def sql(self) -> str:
        """The text as it will be sent."""
        return self.text if self.is_typed else self._given

    @property
    def is_typed(self) -> bool:
        """Whether somebody changed it here."""
        return self.text != self._shown

    def show_sql(self, sql: str, *, fixed: bool = False) -> None:
        """Show a text; `fixed` if it is not to be edited here."""
        coded = "\n".join(printable_lines(sql, len(sql) + 1))
        plain = sql.replace("\t", "    ").replace("\r\n", "\n").replace("\r", "\n")
        self.is_coded = coded != plain
        self.read_only = fixed or self.is_coded
        self.text = coded if self.is_coded else sql
        self._given, self._shown = sql, self.text

    def get_line(self, line_index: int) -> Text:
        """Draw a line without what a terminal might obey: it could have been pasted."""
        line = super().get_line(line_index)
        plain = line.plain
        if not plain.isprintable():
            line.plain = plain.translate(_HIDDEN)
        return line
