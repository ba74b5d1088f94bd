"""One action of the journal on a screen of its own, for terminals without room for a pane."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from qsui.present.journal import journal_json, journal_lines, journal_title
from qsui.present.role import Role, Spans
from qsui.present.signs import Sign
from qsui.tui.look_context import own_look
from qsui.tui.screens.acting import Acting
from qsui.tui.widgets.lines import lay_out
from qsui.tui.widgets.span_view import SpanView, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from qsui.domain.journal import Deed
    from qsui.present.layout import LookContext
    from qsui.tui.options import Session


class DeedScreen(Acting):
    """Everything that is known of one action."""

    TAB = "journal"
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = (
        ("list.peel", "back"),
        ("look.copy", "copy request id"),
        ("journal.curl", "copy curl"),
        ("look.raw", "JSON lines"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.back_or_quit", "back", id="list.peel"),
        Binding("y", "raw", "the lines as they stand", id="look.raw"),
        Binding("c", "copy_id", "copy the request id", id="look.copy"),
        Binding("C", "copy_curl", "copy the request as curl", id="journal.curl"),
    ]

    def __init__(self, id: str) -> None:
        super().__init__()
        self._id_of_deed = id

    @property
    def deed(self) -> Deed | None:
        """The action as the journal has it now."""
        deeds = self.qsui.follower.deeds()
        return next((deed for deed in deeds if deed.id == self._id_of_deed), None)

    def compose_body(self) -> ComposeResult:
        """A title and the lines."""
        yield SpanView(self._path, id="path", classes="-line")
        yield SpanView(self._lines, id="text", can_focus=True)

    def on_mount(self) -> None:
        """Keys scroll the text."""
        if self.is_composed:
            self.query_one("#text", SpanView).focus()

    def look(self) -> LookContext:
        """What texts depend on besides the action."""
        look = own_look(self.qsui, self.session)
        return replace(look, scope_of=self.qsui.scope_name)

    @property
    def session(self) -> Session | None:
        """That of the scope in which the action was taken."""
        deed = self.deed
        of_deed = self.qsui.follower.session_of(deed) if deed is not None else None
        return of_deed or super().session

    @property
    def own_scope(self) -> str:
        """The action's."""
        deed = self.deed
        of_deed = self.qsui.follower.session_of(deed) if deed is not None else None
        return of_deed.scope.label if of_deed is not None else ""

    def _path(self, width: int) -> list[Spans]:
        rule, path = self.qsui.signs.of(Sign.RULE), self.qsui.signs.of(Sign.PATH)
        deed = self.deed
        title = journal_title(deed, self.look()) if deed is not None else ()
        left = [("Journal", Role.MUTED), (f" {path} ", Role.MUTED), *title]
        return [((rule, Role.RULE), (" ", Role.TEXT), *spread(left, (), width - 2, rule))]

    def _lines(self, width: int) -> Sequence[Spans]:
        deed = self.deed
        if deed is None:
            return [(("   The journal has it no more.", Role.MUTED),)]
        may_undo = self.qsui.follower.may_undo(deed)
        return lay_out(journal_lines(deed, self.look(), may_undo=may_undo), width)

    def deeds_changed(self) -> None:
        """It may be the one that went on."""
        super().deeds_changed()
        self._redraw()

    def catch_up(self) -> None:
        """Show the present state."""
        super().catch_up()
        self._redraw()

    def look_changed(self) -> None:
        """Times are written in another zone."""
        super().look_changed()
        self._redraw()

    def tick(self) -> None:
        """Ages step."""
        super().tick()
        self._redraw()

    def _redraw(self) -> None:
        if self.can_draw:
            self.query_one("#path", SpanView).redraw()
            self.query_one("#text", SpanView).redraw()

    def deed_to_undo(self) -> Deed | None:
        """This action."""
        deed = self.deed
        return deed if deed is not None and self.qsui.follower.may_undo(deed) else None

    def action_raw(self) -> None:
        """Show its lines as they stand in the journal."""
        from qsui.tui.screens.raw import RawScreen

        deed = self.deed
        if deed is not None:
            self.app.push_screen(RawScreen(None, title="Journal", body=journal_json(deed)))

    def action_copy_id(self) -> None:
        """Copy what support asks for."""
        deed = self.deed
        if deed is not None and deed.outcome is not None and deed.outcome.request_id:
            self.qsui.copy(deed.outcome.request_id, "Request id")
        else:
            self.qsui.say("No answer came, so there is no request id.")

    def action_copy_curl(self) -> None:
        """Copy the request as a curl command without secrets."""
        deed = self.deed
        if deed is not None:
            self.qsui.copy_request(deed)
