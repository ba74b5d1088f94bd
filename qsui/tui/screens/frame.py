"""What every screen has: a body between its lines, and its link to the live engines.

A screen says what it shows (`demands_of`), takes changes (`apply`) while it is on top, and catches
up when it comes back. It never fetches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from qsui.tui.screens.frame_chrome import FrameChrome
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from qsui.live.demands import Demands
    from qsui.live.store import Change
    from qsui.tui.options import Session


class FrameScreen(FrameChrome):
    """Base of the data screens: subclasses set `TAB` and `FOOTER` and fill `compose_body`."""

    def __init__(self) -> None:
        super().__init__()
        self._is_behind = False
        self.one_line = False

    # Layout

    def compose(self) -> ComposeResult:
        """Lay out the four lines around the body."""
        yield SpanView(self._header, id="header", classes="-line")
        yield SpanView(self._tabs, id="tabs", classes="-line")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield SpanView(self._status, id="status", classes="-line")
        yield SpanView(self._footer, id="footer", classes="-line")
        yield SpanView(self._summary, id="summary", classes="-line")

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between tabs and status."""
        yield from ()

    def on_resize(self, event: Resize) -> None:
        """Drop chrome from the outside in as the terminal gets smaller."""
        width, height = event.size
        self.one_line = height <= 5 or width < 40
        self.set_class(self.one_line, "-one-line")
        self.set_class(height < 16, "-no-tabs")
        self.set_class(height < 12, "-no-status")
        self.set_class(height < 8, "-no-footer")
        self.call_after_refresh(self.redraw_chrome)

    # Life

    def on_mount(self) -> None:
        """Join the live bridge."""
        self.qsui.frames.append(self)
        self.bindings_updated_signal.subscribe(self, self._bindings_updated)
        if self.session is not None and self.is_composed:
            self.session_opened(self.session)

    def on_unmount(self) -> None:
        """Leave the live bridge."""
        self.qsui.frames.remove(self)
        self.qsui.demand_nothing(self.owner)

    @property
    def owner(self) -> str:
        """The name under which this screen states its demands."""
        return f"screen-{id(self)}"

    def demands_of(self, session: Session) -> Demands:
        """What this screen shows now of one of its sessions."""
        from qsui.live.demands import Demands

        del session
        return Demands()

    def state_demands(self) -> None:
        """Tell the engines; call when what is shown changes."""
        if not (self.is_current or self.qsui.screen is self):
            return
        shown = self.sessions
        for session in self.qsui.sessions:
            demands = self.demands_of(session) if session in shown else None
            session.engine.demand(self.owner, demands)

    def scopes_changed(self) -> None:
        """Other scopes may be shown now."""
        self.redraw_chrome()

    def scope_failed(self) -> None:
        """A scope could not be opened, or it is tried again."""
        if self.keeps_still:
            self.mark_stale()
        else:
            self.catch_up()
        self.state_demands()
        self.redraw_chrome()

    @property
    def keeps_still(self) -> bool:
        """Whether rows may not move now: a person froze them, or is asked about them."""
        return self.qsui.is_frozen or self.qsui.has_dialog

    def session_opened(self, session: Session) -> None:
        """Data can be had from now on; beside rows that keep still it waits."""
        if self.keeps_still and any(other is not session for other in self.qsui.sessions):
            self.mark_stale()
            self.redraw_chrome()
        else:
            self.catch_up()
        self.state_demands()

    def on_screen_resume(self) -> None:
        """Back on top: state demands and show what changed meanwhile."""
        self.qsui.dialog_closed()
        self.state_demands()
        if self._is_behind and not self.qsui.is_frozen:
            self.catch_up()
        self.redraw_chrome()

    def on_screen_suspend(self) -> None:
        """Covered: ask for nothing, unless it can still be seen behind a dialog."""
        if self.qsui.has_dialog:
            self.redraw_chrome()  # its rows stand still now, and the header says so
        else:
            self.qsui.demand_nothing(self.owner)

    # Changes

    def type_ahead(self, text: str) -> bool:
        """Take a typed character that no widget took; whether it was wanted."""
        del text
        return False

    def mark_stale(self) -> None:
        """Remember that something changed while rows were frozen."""
        self._is_behind = True

    def receive(self, change: Change) -> None:
        """Take a change now if on top, else catch up later."""
        if not self.is_on_top:
            self._is_behind = True
            return
        self.apply(change)
        if change.acted_on:
            self.pending_changed()
        if change.health_changed:
            self.health_changed()

    def receive_verdicts(self, session: Session, schedule_ids: frozenset[str]) -> None:
        """Take verdicts that changed."""
        if not self.is_on_top:
            self._is_behind = True
            return
        self.apply_verdicts(session, schedule_ids)

    def apply(self, change: Change) -> None:
        """Show a change."""

    def pending_changed(self) -> None:
        """Actions went on: show how they stand."""
        self.redraw_chrome()

    def deeds_changed(self) -> None:
        """The journal was read again: there may be something to undo."""
        self._redraw_footer()

    def pending_tick(self) -> None:
        """A second went by while an action waits for its effect."""

    def apply_verdicts(self, session: Session, schedule_ids: frozenset[str]) -> None:
        """Show changed verdicts of one of the sessions."""

    def catch_up(self) -> None:
        """Show the present state, whatever was shown before."""
        self._is_behind = False

    def let_in(self) -> None:
        """Show rows that were held back."""

    def look_changed(self) -> None:
        """Zone or signs changed: write everything again."""
        self.redraw_chrome()

    def health_changed(self) -> None:
        """The connection changed."""
        self.redraw_chrome()

    def tick(self) -> None:
        """Let ages step; which keys work does not follow from time."""
        self._redraw_lines("header", "tabs", "status", "summary")
