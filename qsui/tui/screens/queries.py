"""Queries of the last 24 hours: ad hoc ones and those behind runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.domain.filters_fields import query_fields
from qsui.domain.models import Kind, Query
from qsui.live.demands import Demands
from qsui.present.columns import QUERY_COLUMNS, QUERY_SORTS, Column, Fitted, query_cells
from qsui.present.panes import query_pane, query_title_line
from qsui.present.role import Cell, Role, Span, Spans
from qsui.tui.acts import UNSEEN, is_unseen
from qsui.tui.screens.list_basis import SortChoice, titles_of
from qsui.tui.screens.list_screen import ListScreen
from qsui.tui.unseen import unseen_query
from qsui.tui.widgets.lines import lay_out
from qsui.tui.widgets.span_view import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qsui.domain.filters import Fields
    from qsui.domain.models import Ref
    from qsui.domain.pending import Pending
    from qsui.live.store import Change, Partition
    from qsui.tui.options import Session
    from qsui.tui.widgets.record_table import RecordTable

INCLUDES = (
    ("00", "Ordinary queries"),
    ("10", "With hidden ones: what tools send on their own"),
    ("01", "With soft-deleted ones"),
    ("11", "With hidden and soft-deleted ones"),
)
"""What may be listed besides: (hidden, deleted) as two digits, and its words."""

_MOST_FIRST = frozenset({"created", "updated", "took", "rows"})


class QueriesScreen(ListScreen[Query]):
    """Queries of the scopes shown."""

    TAB = "queries"
    NOUN = "queries"
    HAS_JOBS = False
    ACTS = (("act.cancel", "cancel"), ("act.undo", "undo"))
    FOOTER = (
        ("move.open", "SQL, error"),
        ("act.new", "new, re-run"),
        ("act.verbs", "all verbs"),
        ("find.filter", "filter"),
        ("find.problems", "problems"),
        ("mark.toggle", "mark"),
        ("look.include", "hidden, deleted"),
        ("look.linked", "its run"),
        ("pane.toggle", "pane"),
        ("find.sort", "order"),
        ("look.wide", "wide"),
        ("look.raw", "JSON"),
        ("look.web", "web"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "open", "SQL, error and datasets of it", id="list.messages"),
        Binding("L", "linked", "the run it belongs to", id="look.linked"),
        Binding("b", "include", "with hidden or soft-deleted queries", id="look.include"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.includes_hidden = False
        self.includes_deleted = False

    def sorts(self) -> Sequence[SortChoice[Query]]:
        """Created first, newest on top."""
        titles = titles_of(QUERY_COLUMNS)
        ids = ["created", *(id for id in QUERY_SORTS if id != "created")]
        return [
            SortChoice(id, titles.get(id) or id.capitalize(), QUERY_SORTS[id], id in _MOST_FIRST)
            for id in ids
        ]

    def key_of(self, row: Query) -> str:
        """The row's key."""
        return self.qsui.row_key(row.ref)

    def record_of(self, row: Query) -> Query:
        """The row itself."""
        return row

    def key_of_ref(self, ref: Ref) -> str | None:
        """A query's."""
        return self.qsui.row_key(ref) if ref.kind is Kind.QUERY and self.shows(ref) else None

    def unseen_row(self, pending: Pending) -> Query | None:
        """A query that was sent."""
        return unseen_query(pending)

    def looks_changed(self, before: Query, after: Query) -> bool:
        """Another state."""
        return before.state is not after.state

    def fields(self) -> Fields[Query]:
        """The filter's names."""
        return query_fields()

    def columns(self) -> Sequence[Column]:
        """The list's columns."""
        return QUERY_COLUMNS

    def cells(self, row: Query, columns: Sequence[Fitted]) -> tuple[Cell, ...]:
        """The texts of a row."""
        return query_cells(row, self.look_at(row.ref), columns)

    def partition_of(self, session: Session) -> Partition:
        """The queries as last read."""
        return session.store.snapshot.queries(session.scope)

    def each_row(self) -> Iterator[tuple[str, Query]]:
        """Every known query."""
        for record in self.each_record():
            if isinstance(record, Query):
                yield self.qsui.row_key(record.ref), record

    def apply(self, change: Change) -> None:
        """Take changed queries."""
        refs = [ref for ref in change.added | change.updated if ref.kind is Kind.QUERY]
        upserts = {
            self.qsui.row_key(record.ref): record
            for record in self.known(refs)
            if isinstance(record, Query)
        }
        gone = [self.qsui.row_key(ref) for ref in change.removed if ref.kind is Kind.QUERY]
        self.take(upserts, gone)

    def is_problem(self, row: Query) -> bool:
        """Failed or timed out."""
        return row.state.is_bad

    def title_extra(self) -> list[Span]:
        """The window, and what is included."""
        words = "  last 24 h"
        if self.includes_hidden:
            words += ", with hidden"
        if self.includes_deleted:
            words += ", with deleted"
        return [(words, Role.MUTED)]

    def pane_title(self, row: Query, width: int) -> Spans:
        """Name and state."""
        keys: list[Span] = [("Enter", Role.FOCUS), (" SQL  ", Role.MUTED)]
        keys += [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        title = query_title_line(row, self.look())
        return (
            (self.rule, Role.RULE),
            (" ", Role.TEXT),
            *spread(title, keys, width - 2, self.rule),
        )

    def pane_lines(self, row: Query, width: int) -> Sequence[Spans]:
        """The query in short."""
        return lay_out(query_pane(row, self.look()), width)

    def demands_of(self, session: Session) -> Demands:
        """The query list, with what the toggles ask for."""
        del session
        return Demands(
            schedules=False,
            queries=True,
            include_hidden=self.includes_hidden,
            include_deleted=self.includes_deleted,
        )

    def action_include(self) -> None:
        """Choose whether hidden and soft-deleted queries are listed too."""
        from qsui.tui.screens.pick import PickScreen

        now = f"{int(self.includes_hidden)}{int(self.includes_deleted)}"
        self.app.push_screen(PickScreen("Show", INCLUDES, now), self._include)

    def _include(self, chosen: str | None) -> None:
        if chosen is None:
            return
        self.includes_hidden, self.includes_deleted = chosen[0] == "1", chosen[1] == "1"
        self.state_demands()
        for session in self.sessions:
            session.engine.refresh()
        self.rows_changed()

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        """Enter or a click on the cursor row."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the query under the cursor."""
        from qsui.tui.screens.query_detail import QueryScreen

        row = self.row
        if row is not None and is_unseen(row):
            self.qsui.say(UNSEEN.capitalize())
        elif row is not None:
            self.app.push_screen(QueryScreen(row.ref))

    def action_linked(self) -> None:
        """Show the run that the query belongs to."""
        from qsui.tui.screens.run_detail import RunScreen, run_ref

        row = self.row
        if row is None:
            return
        if not row.run_id or not row.schedule_id:
            self.notify(
                "No run: this query was not started by a schedule.", timeout=3, markup=False
            )
            return
        self.app.push_screen(RunScreen(run_ref(row)))

    def action_raw(self) -> None:
        """Show the query as the server sends it."""
        row = self.row
        if row is not None and not is_unseen(row):
            self.show_raw(row.ref)

    def action_copy_id(self) -> None:
        """Copy the query's id."""
        row = self.row
        if row is not None:
            self.qsui.copy(row.id, "Query id")
