"""The lines around the body of a screen: header, tabs, status, footer, and the one-line summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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
from qsui.tui.screens.scoped import ScopedScreen
from qsui.tui.widgets.span_view import SpanView

if TYPE_CHECKING:
    from textual.screen import Screen

    from qsui.live.store import Trouble
    from qsui.tui.options import LiveScope

TABS = (
    ("2", "Schedules", "schedules"),
    ("3", "Runs", "runs"),
    ("4", "Queries", "queries"),
    ("5", "Alteryx", "jobs"),
    ("7", "Journal", "journal"),
)


class FrameChrome(ScopedScreen):
    """Writes the lines around a body; `TAB`, `FOOTER` and `ACTS` say what is in them."""

    TAB: ClassVar[str] = ""
    FOOTER: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(binding id, short words), most needed first."""
    ACTS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The same of the keys that act; they never fall out of the footer."""

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
