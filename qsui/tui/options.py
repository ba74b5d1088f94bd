"""What the dashboard is given by the command line: plain values and one factory.

The dashboard reads no settings and opens no connection itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.live.control import Control
    from qsui.live.engine import Engine
    from qsui.live.jobs.book import JobBook
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.store import Health, Store
    from qsui.live.verdicts import Verdicts


@dataclass(slots=True)
class Session:
    """One live scope: what `open_session` returns, owned by the app until it calls `aclose`.

    `aclose` closes the backend, the history and, in the demo, the server; it may be called twice.
    If there is `open_control`, `control` only stands for what it brings: call it, once, when there
    are rows. A session from `recall` has an engine and a backend that only stand for others, too.

    A scope with workflows and jobs has a `book`, which keeps what follows from its jobs; its engine
    then is a `JobEngine` and its backend a `WorkflowServerBackend`. Read them through
    `query_engine`, `job_engine` and `query_service`, which know which it is.
    """

    scope: Scope
    clock: Clock
    backend: QueryServiceBackend | WorkflowServerBackend
    store: Store
    engine: Engine | JobEngine
    verdicts: Verdicts
    control: Control
    aclose: Callable[[], Awaitable[None]]
    open_control: Callable[[], Awaitable[None]] | None = None
    book: JobBook | None = None

    @property
    def has_jobs(self) -> bool:
        """Whether it has workflows and jobs, not queries and runs."""
        return self.book is not None

    @property
    def query_engine(self) -> Engine:
        """The engine of a scope with queries and runs.

        Raises:
            TypeError: It has workflows and jobs.
        """
        if self.has_jobs:
            raise TypeError(f"{self.scope.label} has no queries")
        return cast("Engine", self.engine)

    @property
    def job_engine(self) -> JobEngine:
        """The engine of a scope with workflows and jobs.

        Raises:
            TypeError: It has queries and runs.
        """
        if not self.has_jobs:
            raise TypeError(f"{self.scope.label} has no jobs")
        return cast("JobEngine", self.engine)

    @property
    def query_service(self) -> QueryServiceBackend:
        """The backend of a scope with queries and runs; raises as `query_engine` does."""
        if self.has_jobs:
            raise TypeError(f"{self.scope.label} has no templates")
        return cast("QueryServiceBackend", self.backend)

    @property
    def health(self) -> Health | None:
        """How the scope fares; `None` before its engine said so."""
        return self.store.snapshot.health.get(self.scope.label)

    @property
    def now(self) -> datetime:
        """The server's time as far as known, aware UTC."""
        health = self.health
        now = self.clock.now()
        return now + health.server_offset if health else now


@dataclass(frozen=True, slots=True)
class LiveScope:
    """One scope that is to be live, before anything of it is open.

    `recall` is awaited after the first paint, on the app's loop: a session of what the last one
    knew, `None` if that is nothing. `open_session` is awaited then; it must do its slow imports in
    a thread, and completes the session that `recall` found or returns another. A `QsuiError` from
    it closes the screen if it is the only scope, and is shown in the scope's place if there are
    others. `read_only` is whether nothing that changes the server can leave. `web_url` is what `o`
    opens.
    """

    profile: str
    sandbox: str
    open_session: Callable[[], Awaitable[Session]]
    recall: Callable[[], Awaitable[Session | None]] | None = None
    has_jobs: bool = False
    read_only: bool = False
    web_url: str = ""

    @property
    def label(self) -> str:
        """`profile/sandbox`, as in the header; the label of the session's scope."""
        return f"{self.profile}/{self.sandbox}" if self.sandbox else self.profile


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """A profile of the settings, which `@` may open; `has_jobs` as in `LiveScope`."""

    name: str
    sandbox: str = ""
    has_jobs: bool = False


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """Everything the first paint needs, and how to get the rest.

    `scopes` are the live ones, at least one; the first is opened first. `known_profiles` are all of
    the settings, `open_scope(profile, sandbox)` makes one of them, or another sandbox of one, a
    live scope (it raises a `QsuiError` if it cannot). `starting_words` is what the body says until
    then, for example `Starting the demo server`. `timezone` is `UTC`, `local` or an IANA name.
    `keymap` maps binding ids to keys. `wants_poll` is false in tests that drive
    `engine.poll_once()` themselves.
    """

    scopes: tuple[LiveScope, ...]
    starting_words: str = ""
    is_demo: bool = False
    ascii: bool = False
    no_color: bool = False
    theme: str = ""
    timezone: str = "UTC"
    locale: str = "en"
    keymap: Mapping[str, str] = field(default_factory=dict)
    wants_poll: bool = True
    known_profiles: tuple[KnownProfile, ...] = ()
    open_scope: Callable[[str, str], LiveScope] | None = None
