"""Which scopes are live, and which of them the screens show: one, or all.

A scope is live from the start or was opened with `@`. It keeps its own session: store, engine,
verdicts and control know of no other. Whatever is shown of a record comes from its own session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.tui.type_ahead import TypeAheadApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from qsui.domain.models import Ref
    from qsui.tui.options import DashboardOptions, LiveScope, Session

ALL = ""
"""What is chosen when the screens show every live scope."""


class ScopesApp(TypeAheadApp):
    """Knows the live scopes in the order in which they were named.

    `chosen_scope` is the label of the one shown, or `ALL`. `scope_faults` says of those that could
    not be opened why, as a sentence by label. `dropped_scopes` were live for a moment.
    """

    def __init__(self, options: DashboardOptions) -> None:
        super().__init__(ansi_color=True if options.no_color else None)
        self.options = options
        self.scopes: list[LiveScope] = list(options.scopes)
        self.chosen_scope = ALL
        self.scope_faults: dict[str, str] = {}
        self.dropped_scopes: list[LiveScope] = []
        self._open: dict[str, Session] = {}
        self._scope_name: Callable[[Ref], str] | None = None

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The open sessions, in the order of their scopes."""
        found = (self._open.get(scope.label) for scope in self.scopes)
        return tuple(session for session in found if session is not None)

    @property
    def session(self) -> Session | None:
        """The first open session; `None` until there is one."""
        return next(iter(self.sessions), None)

    @property
    def has_several(self) -> bool:
        """Whether more than one scope is live."""
        return len(self.scopes) > 1

    def session_of(self, ref: Ref) -> Session | None:
        """Return the session that a record belongs to; `None` if its scope is not open."""
        return self._open.get(label_of(ref))

    def session_at(self, label: str) -> Session | None:
        """Return the session of a scope by its label; `None` if it is not open."""
        return self._open.get(label)

    def scope_of(self, session: Session) -> LiveScope:
        """Return the scope as it was named, also of a session that is not open any more."""
        label = session.scope.label
        named = (scope for scope in (*self.scopes, *self.dropped_scopes) if scope.label == label)
        return next(named)

    def scopes_shown(self, has_jobs: bool | None = None) -> tuple[LiveScope, ...]:
        """Return the scopes that a screen shows.

        With `has_jobs` only those of that sort; if the chosen one is not, all that are: a screen is
        never empty for that reason alone.
        """
        fitting = [s for s in self.scopes if has_jobs is None or s.has_jobs is has_jobs]
        chosen = [s for s in fitting if s.label == self.chosen_scope]
        return tuple(chosen or fitting)

    def has_mode(self, mode: str) -> bool:
        """Whether one of the live scopes has what the mode shows."""
        if mode == "jobs":
            return any(scope.has_jobs for scope in self.scopes)
        if mode in ("runs", "queries"):
            return any(not scope.has_jobs for scope in self.scopes)
        return True

    @property
    def scope_name(self) -> Callable[[Ref], str]:
        """What names the scope of a record in a list: short, harmless and unlike the others'."""
        if self._scope_name is None:
            from qsui.domain.models import Scope
            from qsui.present.scopes import scope_names

            self._scope_name = scope_names(Scope(s.profile, s.sandbox) for s in self.scopes)
        return self._scope_name

    def scopes_counted(self) -> None:
        """Another scope is live, or one is not any more: names may be told apart otherwise."""
        self._scope_name = None

    def row_key(self, ref: Ref) -> str:
        """Return what names a record's row in a list; it stays when other scopes come and go.

        A run's id alone repeats between schedules, and ids may repeat between scopes.
        """
        own = f"{ref.parent}/{ref.id}" if ref.parent else ref.id
        first = self.scopes[0]
        if ref.profile == first.profile and ref.sandbox == first.sandbox:
            return own
        return f"{label_of(ref)} {own}"


def label_of(ref: Ref) -> str:
    """Return the label of the scope that a record belongs to."""
    return f"{ref.profile}/{ref.sandbox}" if ref.sandbox else ref.profile
