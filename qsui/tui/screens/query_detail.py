"""One query: state, errors with what to do, datasets, its run, and the SQL that really ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work

from qsui.domain.errors import ApiError
from qsui.live.demands import Demands
from qsui.present.cells_query import query_title
from qsui.present.panes import query_head, query_text
from qsui.present.role import Role, Span, Spans
from qsui.present.text import elide_end, id_short, printable
from qsui.tui.acts import Chosen
from qsui.tui.screens.detail import DetailScreen
from qsui.tui.widgets.lines import lay_out, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.models import Query, Ref
    from qsui.live.store import Change
    from qsui.tui.options import Session


class QueryScreen(DetailScreen):
    """Detail of one query."""

    TAB = "queries"
    ACTS: ClassVar[tuple[tuple[str, str], ...]] = (("act.cancel", "cancel"), ("act.undo", "undo"))
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("list.peel", "back"),
        ("act.new", "new, re-run"),
        ("act.verbs", "all verbs"),
        ("look.next_part", "next part"),
        ("look.full", "full"),
        ("look.linked", "its run"),
        ("look.raw", "JSON"),
        ("look.copy", "copy id"),
        ("look.copy_sql", "copy SQL"),
        ("look.web", "web"),
    )

    def __init__(self, ref: Ref) -> None:
        super().__init__(ref)
        self._fault = ""

    @property
    def query_record(self) -> Query | None:
        """The query as known now: the detail if it was read, else the list's row."""
        session = self.session
        if session is None:
            return None
        return session.query_engine.query_detail(self.ref.id) or session.store.snapshot.query(
            session.scope, self.ref.id
        )

    def chosen(self) -> Chosen:
        """This query."""
        query = self.query_record
        return Chosen() if query is None else Chosen((query,))

    def on_mount(self) -> None:
        """Read the whole SQL: lists carry only its beginning."""
        self._read()

    @work(group="detail", exclusive=True)
    async def _read(self) -> None:
        session = self.session
        if session is None:
            return
        try:
            await session.query_engine.read_query(self.ref.id)
        except ApiError as error:
            self._fault = printable(str(error), 300)
        self.redraw_all()

    def demands_of(self, session: Session) -> Demands:
        """This query, until it is final."""
        del session
        return Demands(schedules=False, query=self.ref.id)

    def apply(self, change: Change) -> None:
        """Show its change."""
        if self.ref in change.refs:
            self.redraw_all()

    def crumbs(self) -> list[Span]:
        """Queries, then this one."""
        query = self.query_record
        name = elide_end(query_title(query), 40) if query else id_short(self.ref.id)
        return [("Queries", Role.MUTED), (name or id_short(self.ref.id), Role.STRONG)]

    def head_lines(self, width: int) -> Sequence[Spans]:
        """State, times, rows, client."""
        query = self.query_record
        if query is None:
            return [(("   Reading the query", Role.MUTED),)]
        return [
            (("   ", Role.TEXT), *line)
            for line in wrap(query_head(query, self.look()), max(10, width - 4))
        ]

    def text_heading(self) -> list[Span]:
        """What the text is about."""
        query = self.query_record
        if query is not None and query.errors:
            return [("Error", Role.ERROR)]
        return [("Details", Role.STRONG)]

    def text_lines(self, width: int) -> Sequence[Spans]:
        """Errors first, then where it came from and what it reads."""
        query = self.query_record
        lines: list[Spans] = []
        if self._fault:
            lines += wrap(((f"   {self._fault}", Role.ERROR),), max(10, width - 1))
        if query is not None:
            lines += lay_out(query_text(query, self.look()), width)
        return lines

    def sql(self) -> str:
        """What ran if it differs from what was sent, else what was sent."""
        query = self.query_record
        return "" if query is None else query.effective_sql or query.sql

    def sql_heading(self) -> str:
        """Which of the two it is."""
        query = self.query_record
        if query is None:
            return "SQL"
        if query.effective_sql and query.effective_sql != query.sql:
            return "Effective SQL: what really ran"
        return "SQL, the first 200 characters" if query.sql_is_cut else "SQL"

    def status_right(self) -> list[Span]:
        """The id."""
        return [("query ", Role.MUTED), (printable(self.ref.id, 60), Role.TEXT)]

    def action_linked(self) -> None:
        """Show the run that it belongs to."""
        from qsui.tui.screens.run_detail import RunScreen, run_ref

        query = self.query_record
        if query is None or not query.run_id or not query.schedule_id:
            self.notify(
                "No run: this query was not started by a schedule.", timeout=3, markup=False
            )
            return
        self.app.push_screen(RunScreen(run_ref(query)))
