"""What other processes have open on the same targets, as the journal tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.pending import Stage
from qsui.live import action_words
from qsui.live.cautions import ARGUED, must_argue
from qsui.live.recovering import pending_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.domain.journal import Deed
    from qsui.domain.pending import Pending
    from qsui.live.acting import Acting
    from qsui.live.plans import Target
    from qsui.live.recovering import Recovering

RECENT = timedelta(hours=1)
"""So far back other processes' open actions are looked for."""

STILL_OPEN = frozenset({Stage.SENDING, Stage.SENT, Stage.UNKNOWN, Stage.NO_EFFECT})
"""Stages of an action of which nobody has seen an effect."""


class Elsewhere:
    """Reads the journal, in which every process writes what it is about to do."""

    def __init__(self, acting: Acting, recovering: Recovering) -> None:
        self._with = acting
        self._recovering = recovering

    async def open(self) -> tuple[Deed, ...]:
        """Return recent actions of other processes whose effect is open, oldest first."""
        known = self._with.store.snapshot.pending
        deeds = await self._recovering.read(RECENT)
        return tuple(deed for deed in deeds if deed.stage in STILL_OPEN and deed.id not in known)

    async def ahead(self, pending: Pending, target: Target) -> str:
        """Say who asked for the same and wrote it down before; empty if nobody did, or it is done.

        Only what is never done twice without a reason counts.
        """
        if pending.action.verb not in ARGUED:
            return ""
        for deed in await self._recovering.read(RECENT):
            if deed.id == pending.id:
                break
            other = pending_of(deed, self._with.scope)
            if (
                deed.stage in STILL_OPEN
                and other is not None
                and other.action.verb is pending.action.verb
                and _is_same(target, deed, other)
            ):
                return self._told(deed, other)
        return ""

    def _told(self, deed: Deed, pending: Pending) -> str:
        actor = deed.intent.actor
        who = "you" if actor in ("", self._with.actor) else actor[:40]
        return action_words.earlier(
            pending.action.verb, pending.begun_at, who, has_jobs=self._with.has_jobs
        )

    def added_to(self, target: Target, others: Sequence[Deed]) -> Target:
        """Add the newest open action of another process on the same target, if there is one."""
        found = [
            (deed, pending)
            for deed in others
            if (pending := pending_of(deed, self._with.scope)) is not None
            and _is_same(target, deed, pending)
        ]
        if not found or target.earlier is not None or target.refusal:
            return target
        deed, pending = found[-1]
        return replace(
            target,
            earlier=pending,
            warnings=(self._told(deed, pending), *target.warnings),
            must_argue=must_argue(target.action, pending),
        )


def _is_same(target: Target, deed: Deed, pending: Pending) -> bool:
    """Whether an action of the journal was on the same target, or created the same.

    A creation that was accepted is no doubt: only one whose answer never came is.
    """
    action = target.action
    if pending.action.target != action.target:
        return False
    if action.verb is not Verb.CREATE:
        return True
    bodies = {outgoing.body for outgoing in target.outgoing}
    return deed.stage is not Stage.SENT and deed.intent.body in bodies
