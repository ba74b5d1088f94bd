"""The pane of a list: where it stands, how large it is, and what it says of the cursor's row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present.panes_connection import connection_pane
from qsui.present.pending import pending_lines
from qsui.present.pending_story import story_lines
from qsui.present.role import Role, Span, Spans
from qsui.present.text import printable
from qsui.tui.acts import name_of
from qsui.tui.look_context import own_look
from qsui.tui.screens.list_basis import R
from qsui.tui.screens.list_rows import ListRows
from qsui.tui.widgets.lines import lay_out
from qsui.tui.widgets.span_view import SpanView, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.models import Record

PANE_FROM_COLUMNS = 120
PANE_RIGHT_FROM = 140
PANE_FROM_ROWS = 20


class ListPane(ListRows[R]):
    """The pane beside or below the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pane", "pane on or off", id="pane.toggle"),
        Binding("P", "pane_side", "pane right or below", id="pane.side"),
        Binding("plus", "pane_size(2)", "pane larger", id="pane.larger"),
        Binding("underscore", "pane_size(-2)", "pane smaller", id="pane.smaller"),
        Binding("X", "explain", "why: the evidence", id="look.explain"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.pane_wanted: bool | None = None
        self.pane_right: bool | None = None
        self.pane_rows = 12
        self.shows_evidence = False
        self._connections_seen: set[str] = set()

    def fit(self) -> None:
        """Fit the columns to the room that the pane leaves."""

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

    @property
    def shows_connection(self) -> bool:
        """Whether the pane tells of the lost connection instead of the row; `p` goes back to it."""
        health = self.health
        if health is None:
            return False
        is_lost = health.state in ("offline", "refused")
        if not is_lost:
            self._connections_seen.discard(health.scope.label)
        return is_lost and health.scope.label not in self._connections_seen

    def action_pane(self) -> None:
        """Show or hide the pane."""
        if self.pane_is_open and self.shows_connection and self.session is not None:
            self._connections_seen.add(self.session.scope.label)
            self.redraw_pane()
            return
        if self.app.size.height < PANE_FROM_ROWS:
            self.qsui.say("The pane needs a window of 20 rows.")
            return
        self.pane_wanted = not self.pane_is_open
        self._place_pane()
        self.fit()
        self.call_after_refresh(self.redraw_pane)

    def action_pane_side(self) -> None:
        """Put the pane to the right or below."""
        self.pane_right = not self.has_class("-right")
        self._place_pane()
        self.fit()
        self.call_after_refresh(self.redraw_pane)

    def action_pane_size(self, step: int) -> None:
        """Give the pane more or fewer rows."""
        self.pane_rows = max(4, min(40, self.pane_rows + step))
        self._place_pane()
        self.call_after_refresh(self.redraw_pane)

    def action_explain(self) -> None:
        """Show or hide what the verdict rests on and how actions went, in the pane."""
        self.shows_evidence = not (self.shows_evidence and self.pane_is_open)
        if not self.pane_is_open:
            self.action_pane()
        self.redraw_pane()

    def redraw_pane(self) -> None:
        """Write the pane again; only cells that differ reach the terminal."""
        if self.can_draw and self.pane_is_open:
            self.query_one("#pane-title", SpanView).redraw()
            self.query_one("#pane-body", SpanView).redraw()

    def _pane_title(self, width: int) -> list[tuple[Span, ...]]:
        row = self.row
        if self.shows_connection:
            keys: list[Span] = [("p", Role.FOCUS), (" back to the row ", Role.MUTED)]
            where = self.session.scope.label if self.session is not None else ""
            title: list[Span] = [
                ("Connection", Role.STRONG),
                (f"  {printable(where)}", Role.MUTED),
            ]
            return [self.pane_rule(title, keys, width)]
        if row is not None and self.is_unseen_row(row):
            return [self._unseen_title(self.record_of(row), width)]
        return [] if row is None else [self.pane_title(row, width)]

    def _unseen_title(self, record: Record, width: int) -> Spans:
        name = printable(name_of(record, self.session)) if self.session is not None else ""
        keys: list[Span] = [("p", Role.FOCUS), (" hide ", Role.MUTED)]
        title: list[Span] = [(name, Role.STRONG), ("  sent, not seen yet", Role.MUTED)]
        return self.pane_rule(title, keys, width)

    def _pane_body(self, width: int) -> Sequence[tuple[Span, ...]]:
        row, health = self.row, self.health
        if self.shows_connection and health is not None:
            return lay_out(connection_pane(health, self.look()), width)
        if row is None:
            return []
        rest = () if self.is_unseen_row(row) else self.pane_lines(row, width)
        return [*self.pending_pane(row, width), *rest]

    def pending_pane(self, row: R, width: int) -> Sequence[Spans]:
        """How the actions on a row stand."""
        pending, look = self.pending_of(row), own_look(self.qsui, self.session)
        if self.shows_evidence and self.session is not None:
            return lay_out(story_lines(pending, self.session.control.watch_of, look), width)
        return lay_out(pending_lines(pending, look), width)

    def pending_tick(self) -> None:
        """The pane counts seconds too while it tells of an action."""
        super().pending_tick()
        row = self.row
        if row is not None and self.pending_of(row):
            self.redraw_pane()

    def pane_rule(self, title: Sequence[Span], keys: Sequence[Span], width: int) -> Spans:
        """Return the pane's title in its rule."""
        return (
            (self.rule, Role.RULE),
            (" ", Role.TEXT),
            *spread(title, keys, width - 2, self.rule),
        )
