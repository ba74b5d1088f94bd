"""What all parts of acting share: the outside, the store, and how a run of it is told to behave."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qsui.live.plans import FollowOptions

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.models import Scope
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Clock, Journal, QueryServiceBackend
    from qsui.live.engine import Engine
    from qsui.live.store import Store


@dataclass(frozen=True, slots=True)
class Acting:
    """Handed to every part; `host` and `pid` name this process in the journal."""

    engine: Engine
    store: Store
    backend: QueryServiceBackend
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
