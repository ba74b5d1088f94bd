"""A screen around one list: title with count and filter, rows, the six list states, a pane.

Subclasses say what the rows are, how they read and what the pane tells. View state (filter text,
sort, cursor) lives here and nowhere else. A refresh moves neither the cursor nor the scroll.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from qsui.domain.filters import Fields, Filter, FilterError, parse
from qsui.live.store import EMPTY, Partition
from qsui.present import list_states
from qsui.present.columns import Column, Fitted, LookContext, in_zone
from qsui.present.role import Cell, Role, Span, Spans
from qsui.present.signs import Sign
from qsui.present.text import clock_short, printable
from qsui.tui.row_model import RowModel
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.widgets.record_table import RecordTable
from qsui.tui.widgets.span_view import SpanView, line_width, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from textual.app import ComposeResult
    from textual.events import Resize

    from qsui.domain.models import Ref

R = TypeVar("R")

REORDERED_ROWS = 2_000
"""Up to so many rows are put in order anew with each answer until a person moves."""

PANE_FROM_COLUMNS = 120
PANE_RIGHT_FROM = 140
PANE_FROM_ROWS = 20


@dataclass(frozen=True, slots=True)
class SortChoice(Generic[R]):
    """One way to order a list. `is_descending` is the direction it starts with."""

    id: str
    title: str
    key: Callable[[R], Any]
    is_descending: bool = False


def titles_of(columns: Sequence[Column]) -> dict[str, str]:
    """Return the title of each order: that of the first column which names it, without its zone."""
    titles: dict[str, str] = {}
    for column in columns:
        if column.sort_key and column.title:
            titles.setdefault(column.sort_key, column.title.partition(",")[0])
    return titles


class ListScreen(FrameScreen, Generic[R]):
    """Base of the three lists."""

    NOUN: ClassVar[str] = "rows"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="find.filter"),
        Binding("escape", "peel", "clear the filter, then back", id="list.peel"),
        Binding("n", "problem(1)", "next problem", id="find.next"),
        Binding("N", "problem(-1)", "previous problem", id="find.previous"),
        Binding("exclamation_mark", "problems", "problems only", id="find.problems"),
        Binding("full_stop", "changed", "changed since you looked", id="find.changed"),
        Binding("S", "sort_pick", "choose the order", id="find.sort"),
        Binding(
            "less_than_sign", "sort_step(-1)", "order by the column before", id="find.sort_left"
        ),
        Binding(
            "greater_than_sign", "sort_step(1)", "order by the next column", id="find.sort_right"
        ),
        Binding("I", "invert", "turn the order round", id="find.invert"),
        Binding("w", "wide", "all columns", id="look.wide"),
        Binding("p", "pane", "pane on or off", id="pane.toggle"),
        Binding("P", "pane_side", "pane right or below", id="pane.side"),
        Binding("plus", "pane_size(2)", "pane larger", id="pane.larger"),
        Binding("underscore", "pane_size(-2)", "pane smaller", id="pane.smaller"),
        Binding("y", "raw", "JSON as received", id="look.raw"),
        Binding("c", "copy_id", "copy the id", id="look.copy"),
        Binding("X", "explain", "why: the evidence", id="look.explain"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.model: RowModel[R] = RowModel()
        self.filter_text = ""
        self.filter_fault = ""
        self._filter: Filter[R] | None = None
        self.only_problems = False
        self.only_changed = False
        self.sort_id = self.sorts()[0].id
        self.sort_inverted = False
        self.is_wide = False
        self.pane_wanted: bool | None = None
        self.pane_right: bool | None = None
        self.pane_rows = 12
        self.shows_evidence = False
        self._has_first_rows = False

    # What subclasses say

    def sorts(self) -> Sequence[SortChoice[R]]:
        """The orders, default first."""
        raise NotImplementedError

    def fields(self) -> Fields[R]:
        """What the filter may name."""
        raise NotImplementedError

    def columns(self) -> Sequence[Column]:
        """The columns in order of importance."""
        raise NotImplementedError

    def cells(self, row: R, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row for the columns shown."""
        raise NotImplementedError

    def all_rows(self) -> Mapping[str, R]:
        """Every row as known now, by key."""
        raise NotImplementedError

    def key_of(self, row: R) -> str:
        """The row's key."""
        raise NotImplementedError

    def group_of(self, row: R) -> object:
        """What moves a row when a refresh changes it: trouble that comes or goes."""
        return self.is_problem(row)

    def partition(self) -> Partition:
        """The partition whose state the list shows."""
        return EMPTY

    def is_problem(self, row: R) -> bool:
        """Whether `n`, `N` and `!` mean this row."""
        raise NotImplementedError

    def pane_title(self, row: R, width: int) -> tuple[Span, ...]:
        """The title of the pane."""
        raise NotImplementedError

    def pane_lines(self, row: R, width: int) -> Sequence[tuple[Span, ...]]:
        """The text of the pane."""
        raise NotImplementedError

    def heading(self) -> list[Span]:
        """The title's first words, before the count."""
        return [(self.NOUN.capitalize(), Role.FOCUS)]

    def title_extra(self) -> list[Span]:
        """What else the title says, after the count."""
        return []

    # Layout

    def compose_body(self) -> ComposeResult:
        """Title line, list or its state, pane."""
        with Horizontal(id="titlebar"):
            yield SpanView(self._title, id="title", classes="-line")
            field = Input(id="filter", placeholder="text, !not, state:failed, fails>2, ~fuzzy")
            field.cursor_blink = False
            yield field
        with Vertical(id="split"):
            with Vertical(id="left"):
                yield RecordTable(self.model, signs=self.qsui.signs, id="list")
                yield SpanView(self._blank, id="blank")
            with Vertical(id="pane"):
                yield SpanView(self._pane_title, id="pane-title", classes="-line")
                yield SpanView(self._pane_body, id="pane-body", can_focus=True)

    def on_mount(self) -> None:
        """Sort as usual and put the keyboard on the list."""
        self._sort_now()
        self.table.cells = self._cells
        self.table.follow_first = True
        self.table.focus()

    def on_screen_resume(self) -> None:
        """The keyboard belongs to the list."""
        self._focus_list()

    def _focus_list(self) -> None:
        if self.focused is None:
            self.set_focus(self.table)
            self.call_after_refresh(self.redraw_chrome)

    @property
    def table(self) -> RecordTable[R]:
        """The list widget."""
        return self.query_one("#list", RecordTable)

    @property
    def row(self) -> R | None:
        """The row under the cursor."""
        key = self.table.cursor_key
        return None if key is None else self.model.get(key)

    def look(self) -> LookContext:
        """What texts depend on besides their record."""
        app = self.qsui
        health = app.health
        is_stale = health is not None and health.state in ("stale", "offline", "refused")
        return LookContext(now=app.now, zone=app.zone, signs=app.signs, stale=is_stale)

    def on_resize(self, event: Resize) -> None:
        """Choose columns and the pane's place for the new size."""
        del event
        self._place_pane()
        self._fit()

    def _place_pane(self) -> None:
        width, height = self.app.size
        right = width >= PANE_RIGHT_FROM if self.pane_right is None else self.pane_right
        is_open = width >= PANE_FROM_COLUMNS if self.pane_wanted is None else self.pane_wanted
        self.set_class(right, "-right")
        self.set_class(height < PANE_FROM_ROWS, "-low")
        pane = self.query_one("#pane")
        pane.set_class(is_open, "-open")
        if not right:
            pane.styles.height = min(self.pane_rows, max(4, height // 2 - 1))
            pane.styles.width = "1fr"
        else:
            pane.styles.height = "1fr"
            pane.styles.width = "40%"

    @property
    def pane_is_open(self) -> bool:
        """Whether the pane can be seen."""
        pane = self.query_one("#pane")
        return pane.has_class("-open") and not self.has_class("-low")

    def _fit(self) -> None:
        self.call_after_refresh(self._fit_now)

    def _fit_now(self) -> None:
        columns = in_zone(self.columns(), self.qsui.zone, self.qsui.now)
        self.table.show_columns(columns, wide=self.is_wide)
        self.viewport_changed()

    # Rows

    def _cells(self, row: R) -> tuple[Cell, ...]:
        return self.cells(row, self.table.columns)

    def catch_up(self) -> None:
        """Take all rows again, keeping cursor and scroll."""
        super().catch_up()
        rows = self.all_rows()
        gone = [key for key in self.model.items if key not in rows]
        self.take(rows, gone)

    def take(self, upserts: Mapping[str, R], removed: Sequence[str] = ()) -> None:
        """Let rows into the model and repaint what is visible of them."""
        if self._has_first_rows and not self.table.follow_first:
            self.model.changed.update(self._differing(upserts))
        delta = self.model.apply(upserts, removed)
        if not self._has_first_rows and len(self.model.items) and self.partition().is_complete:
            self._has_first_rows = True
        self.model.hold_new = self._has_first_rows
        if self.table.follow_first and len(self.model) <= REORDERED_ROWS:
            delta = self.model.rebuild_now()  # nobody has moved yet: what is worst stays on top
        self.table.take(delta)
        self.rows_changed()

    def _differing(self, upserts: Mapping[str, R]) -> list[str]:
        return [
            key
            for key, row in upserts.items()
            if (known := self.model.get(key)) is not None and self.looks_changed(known, row)
        ]

    def looks_changed(self, before: R, after: R) -> bool:
        """Whether a person would call it a change: not a clock that went on."""
        return before != after

    def rows_changed(self) -> None:
        """Counts, states and the pane follow the rows."""
        if not self.is_mounted:
            return
        self._show_state()
        self._redraw_title()
        self.query_one("#status", SpanView).redraw()
        self.redraw_pane()
        self.viewport_changed()

    def let_in(self) -> None:
        """Show the rows that were held back and order all rows anew."""
        self.table.take(self.model.let_in())
        self._resort()
        self.model.changed.clear()
        self.rows_changed()

    def look_changed(self) -> None:
        """Write every visible row again."""
        super().look_changed()
        self._fit_now()
        self.table.forget()
        self.redraw_pane()

    def health_changed(self) -> None:
        """Title and states say how old the rows are."""
        super().health_changed()
        self.rows_changed()

    def tick(self) -> None:
        """Ages step in the chrome, the rows on screen and the pane."""
        super().tick()
        self.table.refresh_ages()
        self.redraw_pane()
        if self.query_one("#left").has_class("-blank"):
            self.query_one("#blank", SpanView).redraw()

    def viewport_changed(self) -> None:
        """What is visible changed: subclasses restate demands."""

    # States

    def _show_state(self) -> None:
        has_rows = self.model.shown > 0
        refused = self.partition().trouble
        is_forbidden = refused is not None and refused.kind == "forbidden"
        left, is_blank = self.query_one("#left"), not has_rows or is_forbidden
        if left.has_class("-blank") and not is_blank:
            self.call_after_refresh(self._focus_list)  # a hidden widget loses the keyboard
        left.set_class(is_blank, "-blank")
        self.query_one("#blank", SpanView).redraw()

    def _blank(self, width: int) -> Sequence[tuple[Span, ...]]:
        del width
        app = self.qsui
        where = f"{app.options.profile}/{app.options.sandbox}"
        partition = self.partition()
        trouble = partition.trouble
        if self.session is None:
            words = app.options.starting_words or f"Connecting to {where}"
            return list_states.starting(words)
        if trouble is not None and trouble.kind == "forbidden":
            return list_states.forbidden(self.NOUN, trouble, where)
        if len(self.model.items) == 0:
            if trouble is not None:
                return list_states.failed(self.NOUN, trouble, where, self.look())
            if partition.read_at is None or not partition.is_complete:
                return list_states.first_load(self.NOUN, where, len(partition.records))
            return list_states.empty(self.NOUN, where)
        return list_states.none_match(self.NOUN, len(self.model.items))

    # Title

    @property
    def _is_typing(self) -> bool:
        return self.query_one("#titlebar").has_class("-typing")

    def _redraw_title(self) -> None:
        """Write the title; while a filter is typed it is only as wide as its words."""
        title = self.query_one("#title", SpanView)
        title.styles.width = line_width(self._typing_title()) if self._is_typing else "1fr"
        title.redraw()

    def _typing_title(self) -> tuple[Span, ...]:
        counts = f" {self.model.shown:,} of {len(self.model.items):,}  "
        fault: Span = (f"{self.filter_fault}  ", Role.ERROR)
        return (
            (f"{self.rule} ", Role.RULE),
            (self.NOUN.capitalize(), Role.TITLE),
            (counts, Role.TEXT),
            *((fault,) if self.filter_fault else ()),
            ("/ ", Role.FOCUS),
        )

    def _title(self, width: int) -> list[tuple[Span, ...]]:
        if self._is_typing:
            return [self._typing_title()]
        shown, known = self.model.shown, len(self.model.items)
        left: list[Span] = [(" ", Role.TEXT), *self.heading()]
        is_filtered = shown != known
        left.append((f" {shown:,}", Role.TEXT))
        if is_filtered:
            left.append((f" of {known:,}", Role.MUTED))
        left += self.title_extra()
        if self.filter_text:
            mark = f" / {printable(self.filter_text, 40)} "
            role = Role.CHIP_ERROR if self.filter_fault else Role.CHIP_FILTER
            left += [("  ", Role.TEXT), (mark, role)]
        if self.filter_fault:
            left += [(f"  {self.filter_fault}", Role.ERROR)]
        if self.only_problems:
            left += [("  ", Role.TEXT), (" ! problems ", Role.CHIP_FILTER)]
        if self.only_changed:
            left += [("  ", Role.TEXT), (" . changed ", Role.CHIP_FILTER)]
        as_of = self._as_of()
        if as_of:
            left += [(f"  as of {as_of}", Role.WARN)]
        choice = self._sort_choice()
        down = choice.is_descending != self.sort_inverted
        arrow = self.qsui.signs.of(Sign.DOWN if down else Sign.UP)
        right: list[Span] = [
            ("by ", Role.MUTED),
            (f"{choice.title.lower()} {arrow} ", Role.TEXT),
            (self.rule, Role.RULE),
        ]
        return [((self.rule, Role.RULE), *spread(left, right, width - 1, self.rule))]

    def _as_of(self) -> str:
        """When the rows are from, if they are older than their promise."""
        partition = self.partition()
        if partition.read_at is None:
            return ""
        health = self.qsui.health
        is_old = health is not None and health.state in ("stale", "offline", "refused")
        if not (is_old or partition.from_history or partition.trouble):
            return ""
        return clock_short(partition.read_at, self.qsui.zone)

    def status_right(self) -> list[Span]:
        """New rows and changes that wait."""
        frozen = super().status_right()
        if frozen:
            return frozen
        right: list[Span] = []
        waiting = self.model.held_count
        if waiting:
            plural = "row" if waiting == 1 else "rows"
            right += [("r", Role.FOCUS), (f" {waiting} new {plural} waiting", Role.TEXT)]
        if self.model.changed:
            words = f" {len(self.model.changed)} changed since you looked"
            right += [("   " if right else "", Role.TEXT), (".", Role.FOCUS), (words, Role.TEXT)]
        return right

    # Filter and order

    def action_filter(self) -> None:
        """Open the field in the title line."""
        self.query_one("#titlebar").add_class("-typing")
        field = self.query_one("#filter", Input)
        field.display = True
        field.value = self.filter_text
        self.set_focus(field)  # at once: over a slow link the next keys came in the same packet
        self._redraw_title()

    def type_ahead(self, text: str) -> bool:
        """Put a key into the field that was on its way to the list when the field opened."""
        field = self.query_one("#filter", Input)
        if self._is_typing and self.focused is field:
            field.insert_text_at_cursor(text)
            return True
        return False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        if event.input.id == "filter" and event.value != self.filter_text:
            self.filter_text = event.value
            self._apply_filter()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the rows."""
        if event.input.id == "filter":
            self._close_filter()

    def _close_filter(self) -> None:
        self.query_one("#titlebar").remove_class("-typing")
        self.query_one("#filter", Input).display = False
        self.set_focus(self.table)
        self.call_after_refresh(self._redraw_title)

    async def action_peel(self) -> None:
        """Take away one layer: the field, the filter, then this screen; never the program."""
        if self._is_typing:
            self.filter_text = ""
            self._close_filter()
            self._apply_filter()
        elif self.filter_text or self.only_problems or self.only_changed:
            self.filter_text = ""
            self.only_problems = self.only_changed = False
            self._apply_filter()
        elif len(self.app.screen_stack) > 1:
            await self.app.pop_screen()

    def action_problems(self) -> None:
        """Show only rows that need somebody, or all again."""
        self.only_problems = not self.only_problems
        self._apply_filter()

    def action_changed(self) -> None:
        """Show only rows that changed since they were looked at, or all again."""
        self.only_changed = not self.only_changed
        if not self.only_changed:
            self.model.changed.clear()
        self._apply_filter()

    def _apply_filter(self) -> None:
        self.filter_fault = ""
        if self.filter_text.strip():
            try:
                self._filter = parse(
                    self.filter_text,
                    self.fields().with_flags({"changed": self._is_changed}),
                )
            except FilterError as fault:
                self.filter_fault = printable(str(fault), 60)
                self._redraw_title()
                return
        else:
            self._filter = None
        self._rebuild()

    def _is_changed(self, row: R, now: datetime) -> bool:
        del now
        return self.key_of(row) in self.model.changed

    def _accepts(self) -> Callable[[R], bool] | None:
        parsed, problems, now = self._filter, self.only_problems, self.qsui.now
        if parsed is None and not problems:
            return None

        def accepts(row: R) -> bool:
            if problems and not self.is_problem(row):
                return False
            return parsed is None or parsed.matches(row, now)

        return accepts

    @work(group="rebuild", exclusive=True)
    async def _rebuild(self) -> None:
        """Filter and order all rows in slices, so that no key press waits for it."""
        changed = frozenset(self.model.changed) if self.only_changed else None
        self.model.set_filter(self._accepts(), only=changed)
        self._sort_now()
        delta = await self.model.rebuild()
        if delta:
            self.table.take(delta)
            self.rows_changed()

    def _sort_choice(self) -> SortChoice[R]:
        return next(choice for choice in self.sorts() if choice.id == self.sort_id)

    def _sort_now(self) -> None:
        choice = self._sort_choice()
        is_reversed = choice.is_descending != self.sort_inverted
        self.model.set_sort(choice.key, reverse=is_reversed, group=self.group_of)

    def _resort(self) -> None:
        self._sort_now()
        self._rebuild()

    def action_sort_step(self, step: int) -> None:
        """Order by the next choice."""
        ids = [choice.id for choice in self.sorts()]
        self.sort_id = ids[(ids.index(self.sort_id) + step) % len(ids)]
        self.sort_inverted = False
        self._resort()

    def action_invert(self) -> None:
        """Turn the order round."""
        self.sort_inverted = not self.sort_inverted
        self._resort()

    def action_sort_pick(self) -> None:
        """Choose the order from a list."""
        from qsui.tui.screens.pick import PickScreen

        choices = [(choice.id, choice.title) for choice in self.sorts()]

        def chosen(id: str | None) -> None:
            if id is not None:
                self.sort_id, self.sort_inverted = id, False
                self._resort()

        self.app.push_screen(PickScreen("Order by", choices, self.sort_id), chosen)

    def action_problem(self, step: int) -> None:
        """Move the cursor to the next row that needs somebody."""
        view = list(self.model.view)
        if not view:
            return
        key = self.table.cursor_key
        start = self.model.index_of(key) if key is not None else -1
        start = -1 if start is None else start
        for offset in range(1, len(view) + 1):
            candidate = view[(start + step * offset) % len(view)]
            row = self.model.get(candidate)
            if row is not None and self.is_problem(row):
                self.table.move_to(candidate)
                return
        self.qsui.say("Nothing here needs you.")

    # Columns and pane

    def action_wide(self) -> None:
        """Show every column, scrolled with h and l, or the most important again."""
        self.is_wide = not self.is_wide
        self._fit()

    def action_pane(self) -> None:
        """Show or hide the pane."""
        if self.app.size.height < PANE_FROM_ROWS:
            self.qsui.say("The pane needs a window of 20 rows.")
            return
        self.pane_wanted = not self.pane_is_open
        self._place_pane()
        self._fit()
        self.call_after_refresh(self.redraw_pane)

    def action_pane_side(self) -> None:
        """Put the pane to the right or below."""
        self.pane_right = not self.has_class("-right")
        self._place_pane()
        self._fit()
        self.call_after_refresh(self.redraw_pane)

    def action_pane_size(self, step: int) -> None:
        """Give the pane more or fewer rows."""
        self.pane_rows = max(4, min(40, self.pane_rows + step))
        self._place_pane()
        self.call_after_refresh(self.redraw_pane)

    def action_explain(self) -> None:
        """Show or hide what the verdict rests on, in the pane."""
        self.shows_evidence = not self.shows_evidence
        if self.shows_evidence and not self.pane_is_open:
            self.action_pane()
        self.redraw_pane()

    @property
    def rule(self) -> str:
        """The sign that rules are made of."""
        return self.qsui.signs.of(Sign.RULE)

    def pane_rule(self, title: Sequence[Span], keys: Sequence[Span], width: int) -> Spans:
        """Return the pane's title in its rule."""
        return (
            (self.rule, Role.RULE),
            (" ", Role.TEXT),
            *spread(title, keys, width - 2, self.rule),
        )

    def show_raw(self, ref: Ref) -> None:
        """Read a record again and show it as received."""
        from qsui.tui.screens.raw import RawScreen

        self.app.push_screen(RawScreen(ref))

    def redraw_pane(self) -> None:
        """Write the pane again; only cells that differ reach the terminal."""
        if self.is_mounted and self.pane_is_open:
            self.query_one("#pane-title", SpanView).redraw()
            self.query_one("#pane-body", SpanView).redraw()

    def _pane_title(self, width: int) -> list[tuple[Span, ...]]:
        row = self.row
        if row is None:
            return []
        return [self.pane_title(row, width)]

    def _pane_body(self, width: int) -> Sequence[tuple[Span, ...]]:
        row = self.row
        return [] if row is None else self.pane_lines(row, width)

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        """The pane follows the cursor."""
        self.model.changed.discard(event.key)
        self.redraw_pane()
        self.query_one("#footer", SpanView).redraw()

    def on_record_table_viewport(self) -> None:
        """Other rows are visible."""
        self.viewport_changed()

    def age(self, since: datetime | None) -> timedelta | None:
        """How long ago, by the server's clock."""
        return None if since is None else self.qsui.now - since
