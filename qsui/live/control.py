"""Carries actions out: reads again, writes the intent, sends once, follows until it is done.

The one code path of screens and command line. It holds no view state; what is under way is in the
store (`Snapshot.pending`), what happened in the journal.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.models import Kind
from qsui.live.acting import Acting
from qsui.live.elsewhere import Elsewhere
from qsui.live.following import Following
from qsui.live.plans import FollowOptions
from qsui.live.preparing import Preparing
from qsui.live.production import Production
from qsui.live.recorder import Recorder
from qsui.live.recovering import Recovering
from qsui.live.sending import Sending
from qsui.live.undoing import Undoing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from qsui.domain.actions import Action
    from qsui.domain.journal import Deed
    from qsui.domain.models import Record, Ref
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Clock, Journal, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.domain.watch import Watch
    from qsui.live.engine import Engine
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.plans import Plan, Target
    from qsui.live.store import Store


MOST_LOOKS = 5
"""So many looks at most come before a plan."""


class Control:
    """Actions on the records of one scope; `engine` and `backend` are of the same kind.

    `journal` is `None` if nothing is to be recorded. `read_only` says why nothing may be changed
    (`this profile is read-only: read_only = true in the settings`), empty if it may. `production`
    is the profile's own word; `None` asks the server's list of sandboxes.
    """

    def __init__(
        self,
        engine: Engine | JobEngine,
        store: Store,
        backend: QueryServiceBackend | WorkflowServerBackend,
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
        self._with = Acting(
            engine,
            store,
            backend,
            journal,
            clock,
            actor=actor,
            read_only=read_only,
            options=options or FollowOptions(),
        )
        self._under_way: set[asyncio.Future[Pending]] = set()
        self._production = Production(backend, backend.scope, production)
        recorder = Recorder(self._with)
        self._recovering = Recovering(self._with)
        elsewhere = Elsewhere(self._with, self._recovering)
        self._preparing = Preparing(self._with, recorder, elsewhere, self.is_production)
        self._sending = Sending(self._with, recorder, self._preparing, elsewhere)
        self._following = Following(self._with, recorder, self._sending)
        self._undoing = Undoing(self._with, self._preparing)

    def refusal(self, verb: Verb, record: Record) -> str:
        """Return why a verb is refused on a record: read-only, the server, its state; or empty."""
        return self._preparing.refusal(verb, record)

    def can_create(self, kind: Kind = Kind.SCHEDULE) -> str:
        """Return why nothing may be created; empty if it may."""
        return self.read_only or self._with.backend.offers(Verb.CREATE, kind)

    async def is_production(self) -> bool:
        """Whether the sandbox counts as production; reads the list once. Unreadable counts so."""
        return await self._production.ask()

    async def prepare(self, actions: Sequence[Action]) -> Plan:
        """Read every target again and say what would be sent; sends nothing.

        A target that cannot be read is left out with the reason; nothing is raised for one. What
        processes that ended left open on the targets is taken up first and looked at once, so that
        nobody has to argue with what was done long ago.
        """
        targets = {action.target for action in actions if action.target.id}
        left = await self._take_up(targets) if targets else ()
        for _ in left[:MOST_LOOKS]:
            if not await self._following.look_once():
                break
        return await self._preparing.plan(actions)

    async def prepare_undo(self, deed: Deed) -> Plan:
        """Prepare what puts an action back: the inverse change, or the cancel of a new run.

        A target that somebody changed since is left out with the reason.
        """
        return await self._undoing.plan(deed, await asyncio.to_thread(self.deeds))

    async def perform(
        self,
        plan: Plan,
        *,
        reason: str = "",
        unrecorded: bool = False,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> tuple[Pending, ...]:
        """Carry a plan out, one target after the other; returns how each stands after its answer.

        `unrecorded` is the second confirmation for the case that the journal cannot be written;
        without it such an action is not sent. Never raises for a target: its `Pending` says it.
        Effects are then looked for by `run` (dashboard) or `follow` (command line). Once
        `is_stopped` says so, no further target is begun, and fewer come back. If the caller is
        cancelled, the target under way is still carried out, and no further one.
        """
        done: list[Pending] = []
        for target in plan.to_send:
            if is_stopped():
                break
            work = asyncio.ensure_future(
                self._perform(target, reason=reason, unrecorded=unrecorded)
            )
            self._under_way.add(work)
            work.add_done_callback(self._under_way.discard)
            done.append(await asyncio.shield(work))
        return tuple(done)

    async def _perform(self, target: Target, *, reason: str, unrecorded: bool) -> Pending:
        pending, case = await self._sending.perform(target, reason=reason, unrecorded=unrecorded)
        self._following.add(pending, case)
        return pending

    async def follow(self, *ids: str) -> tuple[Pending, ...]:
        """Look for the effects of actions until each is done, refused or without effect.

        Without ids all that are open are followed. What cannot be looked for, because the server
        stays away or the login ended, comes back as unknown. Do not call it while `run` runs.
        """
        return await self._following.follow(ids or tuple(self._with.store.snapshot.pending))

    async def recover(self) -> tuple[Pending, ...]:
        """Take up the actions that an earlier process left open in the journal.

        What had no answer yet is unknown; what the server had accepted is still that. What another
        process that lives is following is left to it.
        """
        return await self._take_up()

    async def _take_up(self, targets: AbstractSet[Ref] | None = None) -> tuple[Pending, ...]:
        cases = await self._recovering.cases(targets)
        for case in cases:
            self._following.add(self._with.put(case.pending), case)
        return tuple(case.pending for case in cases)

    async def run(self) -> None:
        """Follow everything that is open, until cancelled."""
        await self._following.run()

    async def look_once(self) -> bool:
        """Do the most urgent look that is due now, if any; whether one was done."""
        return await self._following.look_once()

    def forget(self, *ids: str) -> None:
        """Show these actions no more and look for them no more."""
        self._following.forget(ids)

    def watch_of(self, id: str) -> Watch | None:
        """Return how the effect of an action is looked for; `None` if it is not, or no more."""
        return self._following.watch_of(id)

    def deeds(self) -> tuple[Deed, ...]:
        """Return the scope's actions from the journal, oldest first; empty without one."""
        return self.journal.deeds(self._with.scope.key) if self.journal is not None else ()
