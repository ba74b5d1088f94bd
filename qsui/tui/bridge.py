"""The app's link to the live engines: what changed reaches the screens, and time steps here.

It holds no view state. The keys and the life of the program are `app.py`'s.
"""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual import work
from textual.screen import ModalScreen

from qsui.present.signs import SignSet
from qsui.tui.scopes import ScopesApp
from qsui.tui.screens.frame import FrameScreen
from qsui.tui.zones import local_zone, zones_of

if TYPE_CHECKING:
    from textual.events import Key
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from qsui.live.store import Change, Health
    from qsui.tui.follower import Follower
    from qsui.tui.options import DashboardOptions, Session

MANY = 200
"""So many new records at once come to stay."""


class LiveApp(ScopesApp):
    """An app on live scopes; `frames` are its data screens, `follower` tells of actions."""

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__(options)
        self.signs = SignSet(ascii=options.ascii)
        self.zones = zones_of(options.timezone)
        self.zone = self.zones[0]
        self.local_zone = local_zone()
        self.is_frozen = False
        self.is_ending = False
        self.held_changes = 0
        self.frames: list[FrameScreen] = []
        self._follower: Follower | None = None
        self._is_settling = False
        self._told_history: set[str] = set()

    @property
    def follower(self) -> Follower:
        """What tells of actions; imported when there is a session to act in, or a key."""
        if self._follower is None:
            from qsui.tui.follower import Follower

            self._follower = Follower(self)
        return self._follower

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show one toast at a time; what went wrong with an action stays until it was read."""
        if severity == "information":
            if self.follower.is_trouble_shown:
                return
            self.clear_notifications()
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    # Time and state that screens read

    @property
    def now(self) -> datetime:
        """The time of the first scope's server as far as known, aware UTC."""
        return datetime.now(UTC) if self.session is None else self.session.now

    @property
    def health(self) -> Health | None:
        """How the first scope fares; `None` until its session is open."""
        return None if self.session is None else self.session.health

    # The bridge

    def _settle_soon(self) -> None:
        if not self._is_settling and any(s.verdicts.pending for s in self.sessions):
            self._is_settling = True
            self._settle()

    @work(group="settle")
    async def _settle(self) -> None:
        """Judge what changed, in slices, so that verdicts off the screen are right as well."""
        while waiting := [s for s in self.sessions if s.verdicts.pending]:
            for session in waiting:
                await session.verdicts.settle()
        self._is_settling = False

    def _tell_history(self, change: Change) -> None:
        """Say once that nothing outlives this session, and why."""
        for health in change.snapshot.health.values():
            if health.history_trouble and health.history_trouble not in self._told_history:
                self._told_history.add(health.history_trouble)
                self.notify(health.history_trouble, severity="warning", timeout=8, markup=False)

    def _receive(self, session: Session, change: Change) -> None:
        self._settle_soon()
        if change.health_changed:
            self._tell_history(change)
        if len(change.added) > MANY:
            gc.freeze()  # records have no cycles: the collector need not look at them ever again
        if self.is_frozen or self.has_dialog:
            if self.shown_frame is None or session in self.shown_frame.sessions:
                self.held_changes += len(change.added) + len(change.updated) + len(change.removed)
            for screen in self.frames:
                screen.mark_stale()
                if change.acted_on and screen.is_on_top:
                    screen.pending_changed()  # what a person did is shown all the same
            self._redraw_chrome()
            return
        for screen in self.frames:
            screen.receive(change)

    def _receive_verdicts(self, session: Session, schedule_ids: frozenset[str]) -> None:
        for screen in self.frames:
            if self.is_frozen:
                screen.mark_stale()
            else:
                screen.receive_verdicts(session, schedule_ids)

    @property
    def has_dialog(self) -> bool:
        """Whether something stands over the rows, which keep still meanwhile."""
        return isinstance(self.screen_or_none, ModalScreen)

    @property
    def screen_or_none(self) -> Screen[object] | None:
        """The screen on top; `None` before the first one."""
        return self.screen_stack[-1] if self.screen_stack else None

    @property
    def shown_frame(self) -> FrameScreen | None:
        """The data screen that a person sees, be it behind a dialog."""
        stack = reversed(self.screen_stack)
        return next((screen for screen in stack if isinstance(screen, FrameScreen)), None)

    def dialog_closed(self) -> None:
        """Rows move again."""
        if not self.is_frozen:
            self.held_changes = 0

    def demand_nothing(self, owner: str) -> None:
        """Tell the engines that a screen shows nothing any more."""
        for session in self.sessions:
            session.engine.demand(owner, None)

    def on_key(self, event: Key) -> None:
        """Let a field that just opened have the keys that were typed right behind its own.

        Over a slow link `/` and the words after it come in one packet, and all of it goes to the
        widget that had the keyboard when the packet came. No binding can say that.
        """
        screen, text = self.screen, event.character if event.is_printable else None
        if text and isinstance(screen, FrameScreen) and screen.type_ahead(text):
            event.prevent_default()

    def tick(self) -> None:
        """Let ages and countdowns step; verdicts that follow from time alone change here."""
        if not self.is_frozen:
            for session in self.sessions:
                session.verdicts.tick(session.clock.now())
            self._settle_soon()
        if isinstance(self.screen, FrameScreen):
            self.screen.tick()

    def _redraw_chrome(self) -> None:
        screen = self.shown_frame
        if screen is not None:
            screen.redraw_chrome()

    def deeds_changed(self) -> None:
        """The journal was read again."""
        for screen in self.frames:
            if screen.is_on_top:
                screen.deeds_changed()
            else:
                screen.mark_stale()

    def pending_tick(self) -> None:
        """A second went by while an action waits for its effect."""
        if isinstance(self.screen, FrameScreen):
            self.screen.pending_tick()

    def on_app_focus(self) -> None:
        """Poll at the normal pace again."""
        for session in self.sessions:
            session.engine.focused = True

    def on_app_blur(self) -> None:
        """Poll what is visible less often: nobody looks."""
        for session in self.sessions:
            session.engine.focused = False
