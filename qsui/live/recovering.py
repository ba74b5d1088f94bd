"""Takes up what an earlier process left open: its effect can still be seen."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Action, Verb
from qsui.domain.errors import OutcomeUnknown
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Pending, Stage
from qsui.live.cases import Case, texts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from qsui.domain.journal import Deed, Entry
    from qsui.domain.models import Scope
    from qsui.live.acting import Acting

LONGEST_AGO = timedelta(days=1)
"""Older open actions are left as they stand: nobody waits for them any more."""

_LOST = "qsui ended before the answer came: looking whether it happened"
_ACCEPTED = "accepted, and qsui ended before the effect was seen: looking for it"


class Recovering:
    """Reads the journal for open actions of the scope that nobody follows.

    A process on this machine that still lives follows its own for as long as it would (`give_up_s`
    of the options). Taking up what somebody else follows, on another machine, does no harm: both
    only look.
    """

    def __init__(self, acting: Acting, *, lives: Callable[[int], bool] | None = None) -> None:
        self._with = acting
        self._lives = lives or is_alive

    async def cases(self, targets: AbstractSet[Ref] | None = None) -> tuple[Case, ...]:
        """Return the actions to take up, oldest first: those on these targets, or all."""
        deeds = await self.read(LONGEST_AGO)
        known = self._with.store.snapshot.pending
        cases = (
            self._case(deed, deeds)
            for deed in deeds
            if deed.stage.is_open and deed.id not in known and not self._is_followed(deed.intent)
        )
        return tuple(
            case
            for case in cases
            if case is not None and (targets is None or case.pending.action.target in targets)
        )

    async def read(self, back: timedelta) -> tuple[Deed, ...]:
        """Read the scope's actions begun since so long ago, oldest first."""
        journal = self._with.journal
        if journal is None:
            return ()
        since = self._with.clock.now() - back
        return await asyncio.to_thread(journal.deeds, self._with.scope.key, since=since)

    def _is_followed(self, intent: Entry) -> bool:
        if intent.host != self._with.host or intent.pid in (0, self._with.pid):
            return False
        longest = timedelta(seconds=self._with.options.give_up_s)
        return self._with.clock.now() - intent.at < longest and self._lives(intent.pid)

    def _case(self, deed: Deed, deeds: Sequence[Deed]) -> Case | None:
        pending = pending_of(deed, self._with.scope)
        if pending is None:
            return None
        is_accepted = pending.stage is Stage.SENT
        return Case(
            pending,
            since=deed.intent.at,
            next_at=self._with.clock.now(),
            known_before=_results(deeds, deed),
            texts=texts_in(deed.intent.body),
            was_lost=not is_accepted,
            is_taken_up=True,
        )


def pending_of(deed: Deed, scope: Scope) -> Pending | None:
    """Return how an action of the journal stands; `None` if the line does not say what it is."""
    intent, outcome = deed.intent, deed.outcome
    try:
        verb = Verb(intent.verb)
    except ValueError:
        return None
    if intent.ref is None:
        return None
    ref = Ref(scope.profile, scope.sandbox, intent.ref.kind, intent.ref.parent, intent.ref.id)
    is_accepted = deed.stage is Stage.SENT
    cron = intent.after if verb is Verb.SET_CRON else ""
    return Pending(
        id=deed.id,
        action=Action(verb, ref, intent.name, cron=cron, undoes=intent.undoes),
        stage=Stage.SENT if is_accepted else Stage.UNKNOWN,
        begun_at=intent.at,
        sent_at=intent.at,
        words=_ACCEPTED if is_accepted else _LOST,
        status=outcome.status if outcome else 0,
        request_id=outcome.request_id if outcome else "",
        reason=intent.reason,
        step=_step(deed, verb),
        server_at=_moment(intent.server_at),
        error_code=0 if is_accepted else OutcomeUnknown.exit_code,
    )


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _step(deed: Deed, verb: Verb) -> str:
    """Return the part of a macro that it got to; without an answer, the first that was sent."""
    if deed.outcome is not None:
        return deed.outcome.step
    is_macro = verb is Verb.DELETE and deed.intent.request.startswith("PATCH")
    is_schedule = deed.intent.ref is not None and deed.intent.ref.kind is Kind.SCHEDULE
    return "disable" if is_macro and is_schedule else ""


def _results(deeds: Sequence[Deed], of: Deed) -> frozenset[str]:
    """Return the runs of the same schedule that are known to be other actions' work."""
    return frozenset(
        deed.effect.result_id
        for deed in deeds
        if deed.effect is not None and deed.intent.ref == of.intent.ref and deed.id != of.id
    )


def is_alive(pid: int) -> bool:
    """Whether a process of that number exists; `False` where that cannot be asked harmlessly."""
    if os.name != "posix":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
