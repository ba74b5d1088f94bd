"""What every screen has: header, tabs, a body, status and footer, and its link to the live engine.

A screen says what it shows (`demands`), takes changes (`apply`) while it is on top, and catches up
when it comes back. It never fetches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical
from textual.screen import Screen

from qsui.domain.facts import Verdict
from qsui.present import list_states
from qsui.present.role import Role, Span
from qsui.present.signs import Sign
from qsui.present.text import clock, elide_end, printable
from qsui.tui.chrome import (
    STATES,
    HeaderScope,
    HeaderState,
    Hint,
    Tab,
    footer,
    header,
    status,
    tabs,
)
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from qsui.domain.models import Ref
    from qsui.live.demands import Demands
    from qsui.live.store import Change, Health, Trouble
    from qsui.tui.app import QsuiApp
    from qsui.tui.options import LiveScope, Session

TABS = (
    ("2", "Schedules", "schedules"),
    ("3", "Runs", "runs"),
    ("4", "Queries", "queries"),
    ("5", "Alteryx", "jobs"),
    ("7", "Journal", "journal"),
)


class FrameScreen(Screen[None]):
    """Base of the data screens: subclasses set `TAB` and `FOOTER` and fill `compose_body`."""

    TAB: ClassVar[str] = ""
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(binding id, short words), most needed first."""
    ACTS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The same of the keys that act; they never fall out of the footer."""
    HAS_JOBS: ClassVar[bool | None] = None
    """Which sort of scopes it shows: with workflows and jobs, with queries and runs, or both."""

    def __init__(self) -> None:
        super().__init__()
        self._is_behind = False
        self.one_line = False

    # Layout

    @property
    def qsui(self) -> QsuiApp:
        """The app, with its type."""
        return cast("QsuiApp", self.app)

    @property
    def where(self) -> str:
        """The scopes shown, for sentences."""
        return list_states.where_words([scope.label for scope in self.scopes])

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The open sessions whose records it shows."""
        found = (self.qsui.session_at(scope.label) for scope in self.scopes)
        return tuple(session for session in found if session is not None)

    @property
    def scopes(self) -> tuple[LiveScope, ...]:
        """The live scopes whose records it shows."""
        if not self.own_scope:
            return self.qsui.scopes_shown(self.HAS_JOBS)
        return tuple(scope for scope in self.qsui.scopes if scope.label == self.own_scope)

    @property
    def session(self) -> Session | None:
        """The session that keys and texts are about; `None` until there is one."""
        return next(iter(self.sessions), None)

    @property
    def health(self) -> Health | None:
        """How the scope fares that keys and texts are about."""
        session = self.session
        return None if session is None else session.health

    @property
    def own_scope(self) -> str:
        """The label of the only scope that it can show; empty if it follows what is chosen."""
        return ""

    def shows(self, ref: Ref) -> bool:
        """Whether a record is of a scope that it shows."""
        session = self.qsui.session_of(ref)
        return session is not None and session in self.sessions

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

    @property
    def is_on_top(self) -> bool:
        """Whether a person sees it."""
        return self.qsui.screen is self

    @property
    def can_draw(self) -> bool:
        """Whether its widgets are there: a screen that was left loses them before its messages."""
        return self.is_mounted and self.display and self.is_composed

    @property
    def is_composed(self) -> bool:
        """Whether its widgets were made: a program told to end leaves a new screen half empty."""
        return bool(self.children) and not self.qsui.is_ending

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

    # Chrome

    def redraw_chrome(self) -> None:
        """Write the lines around the body again; only cells that differ reach the terminal."""
        self._redraw_lines("header", "tabs", "status", "footer", "summary")

    def _redraw_lines(self, *names: str) -> None:
        if not self.can_draw:
            return
        for name in names:
            view = self.query_one(f"#{name}", SpanView)
            if view.display:
                view.redraw()

    def _header(self, width: int) -> list[tuple[Span, ...]]:
        app, shown = self.qsui, self.scopes
        first = next(iter(self.sessions), None)
        state = HeaderState(
            scopes=tuple(self._header_scope(each, is_shown=each in shown) for each in app.scopes),
            is_demo=app.options.is_demo,
            now=first.now if first is not None else app.now,
            zone=app.local_zone,
            is_frozen=app.is_frozen or app.has_dialog,
            ascii=app.options.ascii,
        )
        return [header(state, width)]

    def _header_scope(self, scope: LiveScope, *, is_shown: bool) -> HeaderScope:
        session = self.qsui.session_at(scope.label)
        return HeaderScope(
            name=scope.label,
            read_only=scope.read_only,
            health=session.health if session is not None else None,
            now=session.clock.now() if session is not None else None,
            is_shown=is_shown,
            has_failed=scope.label in self.qsui.scope_faults,
        )

    def _tabs(self, width: int) -> list[tuple[Span, ...]]:
        entries = [
            Tab(key, title, mode == self.TAB, self._badge(mode))
            for key, title, mode in TABS
            if self.qsui.has_mode(mode)
        ]
        return [tabs(entries, width, has_scopes=self.qsui.has_several)]

    def _badge(self, mode: str) -> int:
        if self.qsui.session is None:
            return 0
        if mode == "journal":
            return len(self.qsui.follower.open_actions())
        return self._count(Verdict.FAILED, Verdict.MISSED) if mode == "schedules" else 0

    def _count(self, *verdicts: Verdict) -> int:
        """How many schedules of all live scopes have one of these verdicts."""
        sessions = self.qsui.sessions
        return sum(session.verdicts.count(each) for session in sessions for each in verdicts)

    def _bindings_updated(self, _screen: Screen[object]) -> None:
        """Other keys work now: the keyboard went elsewhere."""
        self.call_after_refresh(self._redraw_footer)

    def _redraw_footer(self) -> None:
        if self.can_draw and self.is_on_top:
            self.query_one("#footer", SpanView).redraw()

    def _footer(self, width: int) -> list[tuple[Span, ...]]:
        return [footer(self.hints(), width, plain=self.qsui.options.ascii)]

    def hints(self) -> list[Hint]:
        """The footer's keys, as bound and enabled now."""
        by_id = {
            active.binding.id: active
            for active in self.active_bindings.values()
            if active.binding.id
        }
        hints: list[Hint] = []
        for entries, acts in ((self.FOOTER, False), (self.ACTS, True)):
            for binding_id, words in entries:
                active = by_id.get(binding_id)
                if active is not None:
                    key = self.qsui.get_key_display(active.binding)
                    hints.append(Hint(key, words, acts=acts, is_enabled=active.enabled))
        return hints

    def _status(self, width: int) -> list[tuple[Span, ...]]:
        return [status(self.status_left(width), self.status_right(), width)]

    def status_left(self, width: int) -> list[Span]:
        """What was read when, or what is wrong."""
        app = self.qsui
        if self.faults:
            return self._status_fault(*self.faults[0], width)
        healths = [session.health for session in self.sessions if session.health is not None]
        if not healths:
            return [(app.options.starting_words or "Connecting", Role.MUTED)]
        health = min(healths, key=lambda each: STATES.index(each.state))
        which = f"{printable(health.scope.label, 24)}: " if len(healths) > 1 else ""
        named: list[Span] = [(which, Role.WARN)] if which else []
        if health.state == "offline" and health.failing_since:
            return [*named, *list_states.status_offline(health.failing_since, app.zone)]
        if health.trouble:
            return [*named, *self._status_trouble(health.trouble, width - len(which))]
        times = [each.last_success_at for each in healths if each.last_success_at is not None]
        unread = [scope.label for scope in self.scopes if not self._is_read(scope)]
        if unread and len(self.scopes) > 1:
            return [(f"Reading {printable(list_states.where_words(unread))}", Role.MUTED)]
        if unread or not times:
            return [("Reading", Role.MUTED)]
        return [(f"Read {clock(min(times), app.zone)}", Role.MUTED)]

    def _is_read(self, scope: LiveScope) -> bool:
        """Whether anything of a scope was read in this session."""
        session = self.qsui.session_at(scope.label)
        health = session.health if session is not None else None
        return health is not None and health.last_success_at is not None

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Which of the scopes shown could not be opened, and why."""
        known = self.qsui.scope_faults
        return [(s.label, known[s.label]) for s in self.scopes if s.label in known]

    def _status_fault(self, label: str, sentence: str, width: int) -> list[Span]:
        """Why a scope is not there; the others go on, and the one who reads can always try."""
        signs = self.qsui.signs
        words = f"{signs.of(Sign.FAILED)} {printable(label)} is not open: {printable(sentence)}"
        keys: list[Span] = [("  r", Role.FOCUS), (" try now", Role.MUTED)]
        room = width - len("  r try now") - 3
        return [(elide_end(words, room, signs.ellipsis), Role.ERROR), *keys]

    def _status_trouble(self, trouble: Trouble, width: int) -> list[Span]:
        """What failed, and how it goes on; the one who reads can always try again."""
        app, again = self.qsui, trouble.next_try_at
        at = f" Next try {clock(again, app.zone)}. " if again else " Polling stopped. "
        words = f"{app.signs.of(Sign.FAILED)} {printable(trouble.message)}"
        keys: list[Span] = [("r", Role.FOCUS), (" try now", Role.MUTED)]
        room = width - len(at) - len("r try now") - 3
        return [(elide_end(words, room, app.signs.ellipsis), Role.ERROR), (at, Role.TEXT), *keys]

    def status_right(self) -> list[Span]:
        """What waits: new rows, changes held by a freeze."""
        if self.qsui.has_dialog and not self.qsui.is_frozen:
            held = self.qsui.held_changes
            return [(f"{held} changes held while a dialog is open", Role.MUTED)] if held else []
        if self.qsui.is_frozen:
            return [
                ("Z", Role.FOCUS),
                (f" thaw, {self.qsui.held_changes} changes held", Role.TEXT),
            ]
        return []

    def _summary(self, width: int) -> list[tuple[Span, ...]]:
        """The whole program in one line, for a window of five rows."""
        del width
        if self.qsui.session is None:
            return [(("qsui: starting", Role.MUTED),)]
        bad = self._count(Verdict.FAILED, Verdict.MISSED)
        warned = self._count(Verdict.LATE, Verdict.SLOW, Verdict.HELD)
        states = [s.health.state for s in self.qsui.sessions if s.health is not None]
        worst = min(states, key=STATES.index, default="live")
        tail = "" if worst == "live" else f", {worst}"
        if self.qsui.scope_faults:
            tail = f", {len(self.qsui.scope_faults)} not open"
        role = Role.ERROR if bad else Role.WARN if warned or tail else Role.OK
        return [((f"qsui: {bad} crit, {warned} warn{tail}", role),)]
