"""What all parts of acting share: the outside, the store, and how a run of it is told to behave."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from qsui.domain.errors import NotFound
from qsui.live.engine import Engine
from qsui.live.plans import FollowOptions

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Clock, Journal, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.store import Store


@dataclass(frozen=True, slots=True)
class Acting:
    """Handed to every part; `host` and `pid` name this process in the journal.

    A scope has either runs and queries or workflows and jobs: `engine` and `backend` are of the
    same kind, and `for_runs`, `for_jobs` and `query_service` narrow them.
    """

    engine: Engine | JobEngine
    store: Store
    backend: QueryServiceBackend | WorkflowServerBackend
    journal: Journal | None
    clock: Clock
    actor: str = ""
    read_only: str = ""
    options: FollowOptions = field(default_factory=FollowOptions)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)

    @property
    def scope(self) -> Scope:
        """The scope that is acted on."""
        return self.backend.scope

    @property
    def has_jobs(self) -> bool:
        """Whether the scope has workflows and jobs."""
        return not isinstance(self.engine, Engine)

    @property
    def for_runs(self) -> Engine:
        """The engine of a scope with runs and queries; raises `NotFound` for another one."""
        if isinstance(self.engine, Engine):
            return self.engine
        raise NotFound(f"{self.scope.label} has no runs and no queries.", where=self.scope.label)

    @property
    def for_jobs(self) -> JobEngine:
        """The engine of a scope with workflows and jobs; raises `NotFound` for another one."""
        if isinstance(self.engine, Engine):
            words = f"{self.scope.label} has no workflows and no jobs."
            raise NotFound(words, where=self.scope.label)
        return self.engine

    @property
    def query_service(self) -> QueryServiceBackend:
        """The backend of a scope with runs and queries; raises `NotFound` for another one."""
        _ = self.for_runs
        return cast("QueryServiceBackend", self.backend)

    def server_time(self, at: datetime) -> datetime:
        """Turn a local time into the server's, as far as that is known."""
        return at + self.backend.server_offset

    def began_there(self, pending: Pending) -> datetime:
        """Return the server's time when an action began, as noted then, else as clocks differ now.

        What it made is not older.
        """
        return pending.server_at or self.server_time(pending.begun_at)

    def put(self, pending: Pending) -> Pending:
        """Show how an action stands."""
        self.store.set_pending(pending)
        return pending
