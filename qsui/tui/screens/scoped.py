"""Which live scopes a screen shows, and whether it can be drawn just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen

from qsui.present import list_states

if TYPE_CHECKING:
    from qsui.domain.models import Ref
    from qsui.live.store import Health
    from qsui.tui.app import QsuiApp
    from qsui.tui.options import LiveScope, Session


class ScopedScreen(Screen[None]):
    """A screen of the scopes that are chosen, or of its own only one."""

    HAS_JOBS: ClassVar[bool | None] = None
    """Which sort of scopes it shows: with workflows and jobs, with queries and runs, or both."""

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

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Which of the scopes shown could not be opened, and why."""
        known = self.qsui.scope_faults
        return [(s.label, known[s.label]) for s in self.scopes if s.label in known]

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
