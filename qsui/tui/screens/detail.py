"""What the two detail screens share: sections with titles, scrolled as a whole, and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from qsui.present.pending import is_counted, pending_lines
from qsui.present.role import Role, Span, Spans
from qsui.present.signs import Sign
from qsui.tui.look_context import own_look, servers_look
from qsui.tui.scopes import label_of
from qsui.tui.screens.acting import Acting
from qsui.tui.widgets.lines import lay_out
from qsui.tui.widgets.span_view import SpanView, spread
from qsui.tui.widgets.sql_view import SqlView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

    from qsui.domain.models import Ref
    from qsui.domain.pending import Pending
    from qsui.present.layout import LookContext

SIDE_BY_SIDE_FROM = 110


class DetailScreen(Acting):
    """A head, a text and the SQL; subclasses fill them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="list.peel"),
        Binding("tab", "app.focus_next", "next part", id="look.next_part"),
        Binding("f", "full", "SQL or text on the full screen", id="look.full"),
        Binding("y", "raw", "JSON as received", id="look.raw"),
        Binding("c", "copy_id", "copy the id", id="look.copy"),
        Binding("C", "copy_sql", "copy the SQL", id="look.copy_sql"),
        Binding("L", "linked", "what it belongs to", id="look.linked"),
    ]

    def __init__(self, ref: Ref) -> None:
        super().__init__()
        self.ref = ref
        self._full = ""

    def compose_body(self) -> ComposeResult:
        """Path, head, text, SQL."""
        yield SpanView(self._path, id="path", classes="-line")
        yield SpanView(self._head, id="head")
        with Horizontal(id="parts"):
            with Vertical(id="part-text"):
                yield SpanView(self._text_title, id="text-title", classes="-line")
                yield SpanView(self.text_lines, id="text", can_focus=True)
            with Vertical(id="part-sql"):
                yield SpanView(self._sql_title, id="sql-title", classes="-line")
                yield SqlView(id="sql")

    def on_mount(self) -> None:
        """Keys scroll the text first."""
        if self.is_composed:
            self.query_one("#text", SpanView).focus()
            self.redraw_all()

    @property
    def own_scope(self) -> str:
        """The record's."""
        return label_of(self.ref)

    # What subclasses say

    def crumbs(self) -> list[Span]:
        """The way here; the last piece names this record."""
        raise NotImplementedError

    def place(self) -> list[Span]:
        """What stands at the right end of the path."""
        return []

    def head_lines(self, width: int) -> Sequence[Spans]:
        """The state and times, in a line or three."""
        raise NotImplementedError

    def _head(self, width: int) -> Sequence[Spans]:
        """The head, then how the actions on the record stand."""
        pending = lay_out(pending_lines(self.pending, own_look(self.qsui, self.session)), width)
        return [*self.head_lines(width), *pending]

    @property
    def pending(self) -> tuple[Pending, ...]:
        """The actions on this record that are still shown, oldest first."""
        return self.session.store.snapshot.pending_of(self.ref) if self.session else ()

    def pending_changed(self) -> None:
        """How the actions on it stand is part of the head."""
        super().pending_changed()
        self.redraw_all()

    def pending_tick(self) -> None:
        """The head counts seconds while an action waits for its effect."""
        if any(is_counted(pending) for pending in self.pending):
            self.redraw_all()

    def text_heading(self) -> list[Span]:
        """The title of the text."""
        raise NotImplementedError

    def text_lines(self, width: int) -> Sequence[Spans]:
        """Everything else."""
        raise NotImplementedError

    def sql(self) -> str:
        """The statement; empty while it is not known."""
        raise NotImplementedError

    def sql_heading(self) -> str:
        """Which statement it is."""
        return "SQL"

    # Drawing

    def look(self) -> LookContext:
        """What texts depend on besides their record."""
        return servers_look(self.qsui, self.session)

    @property
    def rule(self) -> str:
        """The sign that rules are made of."""
        return self.qsui.signs.of(Sign.RULE)

    def section(self, left: Sequence[Span], right: Sequence[Span], width: int) -> Spans:
        """Return a title in its rule."""
        tail: list[Span] = [*right, (" ", Role.TEXT)] if right else []
        return (
            (self.rule, Role.RULE),
            (" ", Role.TEXT),
            *spread(left, tail, width - 2, self.rule),
        )

    def _path(self, width: int) -> list[Spans]:
        path = f" {self.qsui.signs.of(Sign.PATH)} "
        crumbs: list[Span] = []
        for span in self.crumbs():
            if crumbs:
                crumbs.append((path, Role.MUTED))
            crumbs.append(span)
        return [self.section(crumbs, self.place(), width)]

    def _text_title(self, width: int) -> list[Spans]:
        return [self.section(self.text_heading(), (), width)]

    def _sql_title(self, width: int) -> list[Spans]:
        keys: list[Span] = [("C", Role.FOCUS), (" copy  ", Role.MUTED)]
        keys += [("f", Role.FOCUS), (" full", Role.MUTED)]
        return [self.section([(self.sql_heading(), Role.STRONG)], keys, width)]

    def on_resize(self, event: Resize) -> None:
        """Text beside the SQL if there is room, else above it."""
        if not self.is_composed:
            return
        width, height = event.size
        parts = self.query_one("#parts")
        parts.set_class(width >= SIDE_BY_SIDE_FROM, "-side")
        parts.set_class(height < 18, "-short")
        parts.set_class(height < 32, "-tight")
        self.call_after_refresh(self.redraw_all)

    def redraw_all(self) -> None:
        """Write everything again; only cells that differ reach the terminal."""
        if not self.can_draw:
            return
        head = self.query_one("#head", SpanView)
        if self.size.width:
            head.styles.height = max(1, len(self._head(self.size.width)))
        for view in self.query(SpanView):
            if view.id in ("path", "head", "text-title", "text", "sql-title"):
                view.redraw()
        self.query_one("#sql", SqlView).show_sql(self.sql())
        self.redraw_chrome()

    def catch_up(self) -> None:
        """Show the present state."""
        super().catch_up()
        self.redraw_all()

    def look_changed(self) -> None:
        """Times are written in another zone."""
        super().look_changed()
        self.redraw_all()

    def tick(self) -> None:
        """Ages step."""
        self.redraw_all()

    # Actions

    async def action_leave(self) -> None:
        """Leave the full view, then this screen."""
        if self._full:
            self.action_full()
        elif len(self.app.screen_stack) > 1:
            await self.app.pop_screen()

    def action_full(self) -> None:
        """Give the part with the focus the whole body, or give it back."""
        focused = self.focused.id if self.focused is not None else "text"
        self._full = "" if self._full else ("sql" if focused == "sql" else "text")
        self.set_class(self._full == "text", "-full-text")
        self.set_class(self._full == "sql", "-full-sql")
        self.call_after_refresh(self.redraw_all)

    def action_raw(self) -> None:
        """Show the record as the server sends it."""
        from qsui.tui.screens.raw import RawScreen

        self.app.push_screen(RawScreen(self.ref))

    def action_copy_id(self) -> None:
        """Copy the id."""
        self.qsui.copy(self.ref.id, f"{self.ref.kind.value.capitalize()} id")

    def action_copy_sql(self) -> None:
        """Copy the statement."""
        self.qsui.copy(self.sql(), "SQL")

    def action_linked(self) -> None:
        """Go to what this belongs to."""
