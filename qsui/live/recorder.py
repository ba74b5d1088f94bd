"""Writes the lines of actions to the journal, off the event loop, one after the other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.journal import Entry, EntryKind
from qsui.domain.ports import JournalError

if TYPE_CHECKING:
    from qsui.domain.pending import Pending
    from qsui.live.acting import Acting
    from qsui.live.plans import Target


class Recorder:
    """Turns what happens to an action into lines; without a journal nothing is written."""

    def __init__(self, acting: Acting) -> None:
        self._with = acting

    async def trouble(self) -> str:
        """Return why nothing can be written, as a sentence; empty if it can, or is not to be."""
        journal = self._with.journal
        if journal is None:
            return ""
        return await asyncio.to_thread(lambda: journal.trouble)

    async def intent(self, pending: Pending, target: Target) -> None:
        """Write that an action is about to be sent; returns once it is on the disk.

        Raises:
            JournalError: It cannot be written.
        """
        action, first = pending.action, target.outgoing[0] if target.outgoing else None
        await self._write(
            Entry(
                action_id=pending.id,
                kind=EntryKind.INTENT,
                at=pending.begun_at,
                scope_key=self._with.scope.key,
                ref=action.target,
                actor=self._with.actor,
                verb=action.verb.value,
                name=action.name,
                before=target.before,
                after=target.after,
                reason=pending.reason,
                request=f"{first.method} {first.path}" if first else "",
                body=first.body if first else "",
                undoes=action.undoes,
                server_at=pending.server_at.isoformat() if pending.server_at else "",
                host=self._with.host,
                pid=self._with.pid,
            )
        )

    async def outcome(self, pending: Pending, words: str = "") -> Pending:
        """Write what the server answered; returns the action, marked if that could not be."""
        return await self._tell(
            pending,
            Entry(
                action_id=pending.id,
                kind=EntryKind.OUTCOME,
                at=self._with.clock.now(),
                scope_key=self._with.scope.key,
                stage=pending.stage.value,
                status=pending.status,
                request_id=pending.request_id,
                words=words or pending.words,
                step=pending.step,
            ),
        )

    async def effect(self, pending: Pending, version: str = "") -> Pending:
        """Write what was read back; returns the action, marked if that could not be."""
        return await self._tell(
            pending,
            Entry(
                action_id=pending.id,
                kind=EntryKind.EFFECT,
                at=pending.seen_at or self._with.clock.now(),
                scope_key=self._with.scope.key,
                stage=pending.stage.value,
                words=pending.words,
                result_id=pending.result.id if pending.result else "",
                version=version,
                step=pending.step,
            ),
        )

    async def _tell(self, pending: Pending, entry: Entry) -> Pending:
        if not pending.is_recorded:
            return pending
        try:
            await self._write(entry)
        except JournalError:
            return replace(pending, is_recorded=False)
        return pending

    async def _write(self, entry: Entry) -> None:
        if self._with.journal is not None:
            await asyncio.to_thread(self._with.journal.write, entry)
