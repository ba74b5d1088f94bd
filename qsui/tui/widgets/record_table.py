"""A list of any length: draws only the lines on screen, repaints only those that differ.

The rows and their order are a `RowModel`'s. The cursor is a row, not a place: it follows its key
through every refresh and stays on its screen line. If rows above it go and there is nothing to
scroll, blank lines stand above the first row until a person moves; what a person asks for (a new
filter or order) puts the cursor where it fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from qsui.present.layout import GAP, GUTTER, Fitted, dropped_count, fit_columns
from qsui.present.role import Cell, Role
from qsui.present.signs import UNICODE, Sign, SignSet
from qsui.tui.widgets.row_line import PLAIN, Flags, Line, Pen
from qsui.tui.widgets.row_tail import RowTail
from qsui.tui.widgets.table_window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual import events
    from textual.app import ComposeResult

    from qsui.present.layout import Column
    from qsui.tui.row_model import Delta, RowModel

R = TypeVar("R")

_CACHED = 2_000
_WHEEL = 3


def _no_cells(row: Any) -> tuple[Cell, ...]:  # noqa: ANN401, ARG001 - any row has no cells yet
    return ()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands on one screen line; equal ones look the same as long as the row does."""

    kind: str
    key: str = ""
    flags: Flags = PLAIN
    words: str = ""


_NOTHING = _Shown("blank")


class RecordTable(Widget, Generic[R], can_focus=True):
    """The rows of a model in columns, with a head line, a cursor and no scroll bars.

    Set `cells` (row to cells, one per fitted column) and the columns: `show_columns` fits them to
    the width from then on. Call `take` with what the model returned for every change.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = "RecordTable { height: 1fr; width: 1fr; background: $background; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "next row", id="move.down", show=False),
        Binding("k,up", "move(-1)", "row before", id="move.up", show=False),
        Binding("g,home", "ends(0)", "first row", id="move.top", show=False),
        Binding("G,end", "ends(1)", "last row", id="move.end", show=False),
        Binding("pagedown", "page(1, 1)", "page down", id="move.page_down", show=False),
        Binding("pageup", "page(-1, 1)", "page up", id="move.page_up", show=False),
        Binding("ctrl+d", "page(1, 2)", "half a page down", id="move.half_down", show=False),
        Binding("ctrl+u", "page(-1, 2)", "half a page up", id="move.half_up", show=False),
        Binding("l,right", "columns(1)", "columns to the right", id="move.right", show=False),
        Binding("h,left", "columns(-1)", "columns to the left", id="move.left", show=False),
        Binding("enter", "open", "open", id="move.open", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor went to another row."""

        table: RecordTable[Any]
        key: str

        @property
        def control(self) -> RecordTable[Any]:
            """The list it happened in."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Of several moves the last counts."""
            return isinstance(message, RecordTable.Highlighted) and message.table is self.table

    @dataclass
    class Selected(Message):
        """A row was opened."""

        table: RecordTable[Any]
        key: str

        @property
        def control(self) -> RecordTable[Any]:
            """The list it happened in."""
            return self.table

    @dataclass
    class Viewport(Message):
        """Other rows are on screen."""

        table: RecordTable[Any]
        keys: tuple[str, ...]

        @property
        def control(self) -> RecordTable[Any]:
            """The list it happened in."""
            return self.table

        def can_replace(self, message: Message) -> bool:
            """Of several changes the last counts."""
            return isinstance(message, RecordTable.Viewport) and message.table is self.table

    def __init__(
        self,
        model: RowModel[R],
        *,
        cells: Callable[[R], tuple[Cell, ...]] = _no_cells,
        signs: SignSet = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.model = model
        self.cells = cells
        self.signs = signs
        self.follow_first = False
        """While true the cursor stays on the first row, whichever that is (first load)."""
        self.rows_built = 0
        """How many row lines were drawn since the start."""
        self._columns: tuple[Fitted, ...] = ()
        self._choice: tuple[tuple[Column, ...], bool] | None = None
        self._skip = 0
        self._cursor_key: str | None = None
        self._window = Window()
        self._shown: list[_Shown] = []
        self._lines: dict[tuple[str, Flags], tuple[R, Line]] = {}
        self._pen: tuple[tuple[object, ...], Pen] | None = None
        self._told: tuple[str, ...] = ()
        self._is_focused = False
        self._tail = RowTail(self.render_line)

    def compose(self) -> ComposeResult:
        """The right part of the lines is a widget of its own."""
        yield self._tail

    # What is asked of it

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; `None` in an empty list."""
        return self._cursor_key

    @property
    def cursor_line(self) -> int:
        """The screen line of the cursor, counted from the top of the widget."""
        return self._window.line + self._window.head

    @property
    def columns(self) -> tuple[Fitted, ...]:
        """The columns shown, with their widths."""
        return self._columns

    @columns.setter
    def columns(self, fitted: Sequence[Fitted]) -> None:
        if tuple(fitted) != self._columns:
            self._columns = tuple(fitted)
            self._place_tail()
            self.forget()

    def show_columns(self, columns: Sequence[Column], *, wide: bool = False) -> None:
        """Set the columns to choose from; they are fitted to the width now and when it changes."""
        if self._choice != (tuple(columns), wide):
            self._choice, self._skip = (tuple(columns), wide), 0
        self._fit()

    @property
    def first_shown(self) -> int:
        """The index of the first row on screen, to say `41-58 of 214`."""
        return max(0, self._window.top)

    def visible_keys(self) -> tuple[str, ...]:
        """Return the keys of the rows on screen, from the top."""
        window = self._measured()
        stop = window.top + window.page()
        return tuple(self.model.keys_between(max(0, window.top), stop))

    def take(self, delta: Delta) -> None:
        """Follow a change of the model: keep the cursor's row and line, repaint what differs."""
        if not delta:
            return
        if delta.view_changed or self._cursor_key is None:
            self._follow(is_asked_for=delta.rebuilt)
        self._sync(frozenset(self.visible_keys()) if delta.rebuilt else delta.changed_keys)

    def refresh_rows(self, keys: Iterable[str]) -> None:
        """Draw rows again whose cells or marks may differ; nothing is painted if none does."""
        changed = frozenset(keys)
        if changed:
            drawn = {(shown.key, shown.flags) for shown in self._shown if shown.kind == "row"}
            for known in [known for known in self._lines if known[0] in changed]:
                if known not in drawn:
                    del self._lines[known]  # what is on screen is compared with, then replaced
        self._sync(changed)

    def refresh_ages(self) -> None:
        """Draw all visible rows again because time went on; only cells that differ are painted."""
        visible = frozenset(self.visible_keys())
        self._lines = {key: line for key, line in self._lines.items() if key[0] in visible}
        self._sync(visible)

    def refresh_column(self, id: str) -> None:
        """Draw one column of the visible rows again, for example the one with an age."""
        if any(column.id == id for column, _ in self._columns):
            self.refresh_ages()

    def forget(self) -> None:
        """Draw everything anew: columns, signs or the meaning of cells changed."""
        self._lines.clear()
        self._pen = None
        self._sync()
        self._paint()

    def move_to(self, key: str) -> None:
        """Put the cursor on a row if it is shown, and bring it into view."""
        index = self.model.index_of(key)
        if index is not None:
            self._go(index)

    # Keys and mouse

    def action_move(self, step: int) -> None:
        """Go some rows down or up."""
        self._go(self._window.cursor + step)

    def action_ends(self, end: int) -> None:
        """Go to the first or last row."""
        self._go(self.model.shown - 1 if end else 0)

    def action_page(self, direction: int, part: int) -> None:
        """Go a page or a part of it, taking the window along."""
        self._measured().turn(direction, part)
        self._moved()

    def action_columns(self, step: int) -> None:
        """Bring columns that did not fit into sight, or go back."""
        if self._choice is None:
            return
        columns, wide = self._choice
        hidden = dropped_count(
            columns, self.size.width, wide=wide, screen_width=self.app.size.width, skip=self._skip
        )
        if (step > 0 and hidden > 0) or (step < 0 and self._skip > 0):
            self._skip += step
            self._fit()

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self._cursor_key is not None:
            self.post_message(self.Selected(self, self._cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a double click opens it."""
        line = event.y
        if 0 <= line < len(self._shown) and self._shown[line].kind == "row":
            self.move_to(self._shown[line].key)
            if event.chain == 2:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down; the cursor stays in the window."""
        event.stop()
        self._measured().scroll(_WHEEL)
        self._moved()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up; the cursor stays in the window."""
        event.stop()
        self._measured().scroll(-_WHEEL)
        self._moved()

    # Events

    def on_resize(self) -> None:
        """Fit columns and window to the new size."""
        self._lines.clear()
        self._fit()
        self._place_tail()
        window = self._measured()
        window.go(window.cursor)
        self._moved(is_person=False)
        self._paint()

    def on_focus(self) -> None:
        """The cursor row gets its ground."""
        self._is_focused = True
        self._sync()

    def on_blur(self) -> None:
        """Only the cursor's bar stays."""
        self._is_focused = False
        self._sync()

    def notify_style_update(self) -> None:
        """Draw anew if the theme changed."""
        super().notify_style_update()
        if self._pen is not None and self._pen[0] != self._look():
            self._lines.clear()
            self._pen = None
            self._paint()

    # Lines

    def render_line(self, y: int) -> Strip:
        """Draw one screen line."""
        width = self.size.width
        if width <= 0:
            return Strip([])
        if len(self._shown) != self.size.height:
            self._shown = self._arrange()
        shown = self._shown[y] if 0 <= y < len(self._shown) else _NOTHING
        pen = self._pen_now()
        if shown.kind == "row":
            line = self._line(shown)
            return line.strip if line else pen.blank(width)
        if shown.kind == "head":
            return pen.head(self._columns, width)
        if shown.kind == "more":
            return pen.words(((shown.words, Role.MUTED),), width)
        return pen.blank(width)

    def _line(self, shown: _Shown) -> Line | None:
        row = self.model.get(shown.key)
        if row is None:
            return None
        known = self._lines.get((shown.key, shown.flags))
        if known is not None and known[0] is row:
            return known[1]
        return self._draw(shown, row)

    def _draw(self, shown: _Shown, row: R) -> Line:
        self.rows_built += 1
        line = self._pen_now().row(self.cells(row), self._columns, self.size.width, shown.flags)
        if len(self._lines) >= _CACHED:
            self._lines.clear()
        self._lines[(shown.key, shown.flags)] = (row, line)
        return line

    def _look(self) -> tuple[object, ...]:
        app = self.app
        return (app.theme, app.no_color, app.native_ansi_color, self.signs)

    def _pen_now(self) -> Pen:
        look = self._look()
        if self._pen is None or self._pen[0] != look:
            self._lines.clear()
            app = self.app
            pen = Pen(
                app.theme_variables,
                self.signs,
                no_color=app.no_color,
                ansi=app.native_ansi_color,
            )
            self._pen = (look, pen)
        return self._pen[1]

    # Where things stand

    def _measured(self) -> Window:
        """Return the window, told of the present size and number of rows."""
        self._window.height, self._window.count = self.size.height, self.model.shown
        return self._window

    def _arrange(self) -> list[_Shown]:
        """Say what stands on each screen line."""
        window = self._measured()
        height, page, top = window.height, window.page(), window.top
        lines = [_Shown("head")] * window.head
        lines += [_NOTHING] * min(page, max(0, -top))
        marks, changed = self.model.marks, self.model.changed
        for key in self.model.keys_between(max(0, top), top + page):
            cursor = key == self._cursor_key
            flags = Flags(cursor, cursor and self._is_focused, key in marks, key in changed)
            lines.append(_Shown("row", key, PLAIN if flags == PLAIN else flags))
        if window.below:
            lines += [_NOTHING] * (height - 1 - len(lines))
            words = f"{self.signs.of(Sign.MORE)} {window.below:,} more"
            lines.append(_Shown("more", words=words))
        return lines + [_NOTHING] * (height - len(lines))

    def _place_tail(self) -> None:
        """Let the tail begin with the first column that ages, unless that is at the left edge."""
        x = GUTTER
        for index, (column, size) in enumerate(self._columns):
            if column.ages and index:
                break
            x += size + GAP
        else:
            x = self.size.width
        width = max(0, self.size.width - x)
        self._tail.display = width > 0
        self._tail.styles.width = width

    def _paint(self, *regions: Region) -> None:
        """Repaint parts of the widget (none given: all of it)."""
        self.refresh(*regions)
        if self._tail.display:
            edge = self.size.width - self._tail.size.width
            parts = [region.translate((-edge, 0)) for region in regions if region.right > edge]
            if parts or not regions:
                own = self._tail.size.region
                self._tail.refresh(*(part.intersection(own) for part in parts))

    def _sync(self, changed: frozenset[str] = frozenset()) -> None:
        """Repaint the lines that show something else than before, and say so if rows came."""
        old, self._shown = self._shown, self._arrange()
        if len(old) != len(self._shown):
            self._paint()
        else:
            self._repaint(old, changed)
        visible = self.visible_keys()
        if visible != self._told:
            self._told = visible
            if self.is_attached:
                self.post_message(self.Viewport(self, visible))

    def _repaint(self, old: list[_Shown], changed: frozenset[str]) -> None:
        width = self.size.width
        regions = []
        for y, (before, after) in enumerate(zip(old, self._shown, strict=True)):
            if before != after:
                regions.append(Region(0, y, width, 1))
            elif after.kind == "row" and after.key in changed:
                reach = self._difference(after)
                if reach is not None:
                    regions.append(Region(reach[0], y, reach[1] - reach[0], 1))
        if regions:
            self._paint(*regions)

    def _difference(self, shown: _Shown) -> tuple[int, int] | None:
        """Draw a row anew and return the cells that differ, as a range; `None` if none does."""
        row = self.model.get(shown.key)
        width = self.size.width
        if row is None or width <= 0:
            return None
        known = self._lines.get((shown.key, shown.flags))
        line = self._draw(shown, row)
        if known is None or len(known[1].columns) != len(line.columns):
            return (0, width)
        if known[1].strip == line.strip:
            return None
        left, right, x = width, 0, GUTTER
        for index, (_, size) in enumerate(self._columns[: len(line.columns)]):
            if known[1].columns[index] != line.columns[index]:
                left, right = min(left, x), max(right, x + size)
            x += size + GAP
        return (left, min(right, width)) if left < right else (0, width)

    def _fit(self) -> None:
        if self._choice is not None and self.size.width > 0:
            columns, wide = self._choice
            self.columns = fit_columns(
                columns,
                self.size.width,
                wide=wide,
                screen_width=self.app.size.width,
                skip=self._skip,
            )

    # The cursor

    def _go(self, index: int) -> None:
        """Put the cursor on a row because a person asked for it."""
        self._measured().go(index)
        self._moved()

    def _moved(self, *, is_person: bool = True) -> None:
        """Take the key under the cursor after the window or the cursor moved."""
        if is_person:
            self.follow_first = False
        self._set_key(self.model.key_at(self._window.cursor) if self.model.shown else None)
        self._sync()

    def _set_key(self, key: str | None) -> None:
        if key != self._cursor_key:
            self._cursor_key = key
            if key is not None and self.is_attached:
                self.post_message(self.Highlighted(self, key))

    def _follow(self, *, is_asked_for: bool) -> None:
        """Find the cursor's row after the view changed."""
        window, line = self._measured(), self._window.line
        key = self._cursor_key
        index = self.model.index_of(key) if key is not None else None
        if self.follow_first or key is None:
            window.cursor, window.top = 0, 0
        elif is_asked_for:
            window.cursor = index or 0
            window.top = window.bounded(window.cursor - line)
            window.go(window.cursor)
        else:
            window.keep_line(self._neighbour(line) if index is None else index)
        self._set_key(self.model.key_at(window.cursor) if self.model.shown else None)

    def _neighbour(self, line: int) -> int:
        """Return the row that comes under the cursor when its own is gone: the next on screen."""
        rows = [(y, shown.key) for y, shown in enumerate(self._shown) if shown.kind == "row"]
        place = line + self._window.head
        below = [key for y, key in rows if y > place]
        above = [key for y, key in rows if y < place][::-1]
        for key in (*below, *above):
            index = self.model.index_of(key)
            if index is not None:
                return index
        return max(0, min(self._window.cursor, self.model.shown - 1))
