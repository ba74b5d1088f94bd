"""Carries actions out: reads again, writes the intent, sends once, follows until it is done.

The one code path of screens and command line. It holds no view state; what is under way is in the
store (`Snapshot.pending`), what happened in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.live.plans import FollowOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.actions import Action, Verb
    from qsui.domain.journal import Deed
    from qsui.domain.models import Record
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Clock, Journal, QueryServiceBackend
    from qsui.live.engine import Engine
    from qsui.live.plans import Plan
    from qsui.live.store import Store


class Control:
    """Actions on the records of one scope.

    `journal` is `None` if nothing is to be recorded. `read_only` says why nothing may be changed
    (`this profile is read-only: read_only = true in the settings`), empty if it may. `production`
    is the profile's own word; `None` asks the server's list of sandboxes.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        backend: QueryServiceBackend,
        journal: Journal | None,
        clock: Clock,
        *,
        actor: str = "",
        read_only: str = "",
        production: bool | None = None,
        options: FollowOptions | None = None,
    ) -> None:
        self.read_only = read_only
        self.journal = journal
        self._engine = engine
        self._store = store
        self._backend = backend
        self._clock = clock
        self._actor = actor
        self._production = production
        self._options = options or FollowOptions()

    def refusal(self, verb: Verb, record: Record) -> str:
        """Return why a verb is refused on a record: read-only, the server, its state; or empty."""
        raise NotImplementedError

    def can_create(self) -> str:
        """Return why nothing may be created; empty if it may."""
        raise NotImplementedError

    async def is_production(self) -> bool:
        """Whether the sandbox counts as production; reads the list once. Unreadable counts so."""
        raise NotImplementedError

    async def prepare(self, actions: Sequence[Action]) -> Plan:
        """Read every target again and say what would be sent; sends nothing.

        A target that cannot be read is left out with the reason; nothing is raised for one.
        """
        raise NotImplementedError

    async def prepare_undo(self, deed: Deed) -> Plan:
        """Prepare what puts an action back: the inverse change, or the cancel of a new run.

        A target that somebody changed since is left out with the reason.
        """
        raise NotImplementedError

    async def perform(
        self, plan: Plan, *, reason: str = "", unrecorded: bool = False
    ) -> tuple[Pending, ...]:
        """Carry a plan out, one target after the other; returns how each stands after its answer.

        `unrecorded` is the second confirmation for the case that the journal cannot be written;
        without it such an action is not sent. Never raises for a target: its `Pending` says it.
        Effects are then looked for by `run` (dashboard) or `follow` (command line).
        """
        raise NotImplementedError

    async def follow(self, *ids: str) -> tuple[Pending, ...]:
        """Look for the effects of actions until each is done, refused or without effect."""
        raise NotImplementedError

    async def recover(self) -> tuple[Pending, ...]:
        """Take up the actions that an earlier process left open in the journal, as unknown."""
        raise NotImplementedError

    async def run(self) -> None:
        """Follow everything that is open, until cancelled."""
        raise NotImplementedError

    def deeds(self) -> tuple[Deed, ...]:
        """Return the scope's actions from the journal, oldest first; empty without one."""
        raise NotImplementedError
