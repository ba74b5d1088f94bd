"""The filter and the order of a list, and its columns: what the keys of "find" do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from qsui.present.columns import in_zone
from qsui.present.scopes import scope_key, with_scope
from qsui.present.text import printable
from qsui.tui.scopes import label_of
from qsui.tui.screens.list_basis import R, SortChoice
from qsui.tui.screens.list_marks import ListMarks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from qsui.domain.filters import Filter
    from qsui.present.layout import Column


class ListOrder(ListMarks[R]):
    """Which rows are shown, in which order and with which columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="find.filter"),
        Binding("escape", "peel", "clear marks, the filter, then back", id="list.peel"),
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
    ]

    def __init__(self) -> None:
        super().__init__()
        self.filter_text = ""
        self.filter_fault = ""
        self._filter: Filter[R] | None = None
        self.only_problems = False
        self.only_changed = False
        self.sort_id = self.sorts()[0].id
        self.sort_inverted = False
        self.is_wide = False

    def redraw_title(self) -> None:
        """Write the title line again."""

    # Filter

    @property
    def _is_typing(self) -> bool:
        return self.query_one("#titlebar").has_class("-typing")

    def action_filter(self) -> None:
        """Open the field in the title line."""
        self.query_one("#titlebar").add_class("-typing")
        field = self.query_one("#filter", Input)
        field.display = True
        field.value = self.filter_text
        self.set_focus(field)  # at once: over a slow link the next keys came in the same packet
        self.redraw_title()

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
        self.call_after_refresh(self.redraw_title)

    async def action_peel(self) -> None:
        """Take away one layer: the field, marks, the filter, this screen; never the program."""
        if self._is_typing:
            self.filter_text = ""
            self._close_filter()
            self._apply_filter()
        elif self.clear_marks():
            return
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
        from qsui.domain.filters import FilterError, parse

        self.filter_fault = ""
        if self.filter_text.strip():
            try:
                self._filter = parse(
                    self.filter_text,
                    self.fields().with_flags(
                        {"changed": self._is_changed, "marked": self.is_marked}
                    ),
                )
            except FilterError as fault:
                self.filter_fault = printable(str(fault), 60)
                self.redraw_title()
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
        times = {session.scope.label: session.now for session in self.qsui.sessions}

        def accepts(row: R) -> bool:
            if problems and not self.is_problem(row):
                return False
            if parsed is None:
                return True
            at = times.get(label_of(self.ref_of(row)), now) if len(times) > 1 else now
            return parsed.matches(row, at)

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

    # Order

    def _sort_choice(self) -> SortChoice[R]:
        return next(choice for choice in self.orders() if choice.id == self.sort_id)

    def orders(self) -> list[SortChoice[R]]:
        """The orders of this list; by scope if several are live."""
        own = list(self.sorts())
        if self.qsui.has_several:
            own.append(SortChoice("scope", "Scope", lambda row: scope_key(self.ref_of(row))))
        return own

    def _sort_now(self) -> None:
        choice = self._sort_choice()
        is_reversed = choice.is_descending != self.sort_inverted
        self.model.set_sort(choice.key, reverse=is_reversed, group=self.group_of)

    def _resort(self) -> None:
        self._sort_now()
        self._rebuild()

    def action_sort_step(self, step: int) -> None:
        """Order by the next choice."""
        ids = [choice.id for choice in self.orders()]
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

        choices = [(choice.id, choice.title) for choice in self.orders()]

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

    # Columns

    def refit(self) -> None:
        """Other scopes are shown: there is a column for them, or none any more."""
        if self.sort_id not in {choice.id for choice in self.orders()}:
            self.sort_id = self.orders()[0].id
        if self.has_table:
            self._fit_now()
            self.table.forget()

    def fit(self) -> None:
        """Choose the columns once the layout is settled."""
        self.call_after_refresh(self._fit_now)

    def _fit_now(self) -> None:
        columns = in_zone(self._scoped_columns(), self.qsui.zone, self.qsui.now)
        self.table.show_columns(columns, wide=self.is_wide)
        self.viewport_changed()

    def _scoped_columns(self) -> Sequence[Column]:
        """The columns of the list; the scope among them if rows of several are shown."""
        if not self.qsui.has_several:
            return self.columns()
        from qsui.domain.models import Scope

        scopes = [Scope(scope.profile, scope.sandbox) for scope in self.scopes]
        return with_scope(self.columns(), scopes)

    def action_wide(self) -> None:
        """Show every column, scrolled with h and l, or the most important again."""
        self.is_wide = not self.is_wide
        self.redraw_title()
        self.fit()
