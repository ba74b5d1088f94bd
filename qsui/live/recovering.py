"""Takes up what an earlier process left open: its answer is not known, its effect can be seen."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Action, Verb
from qsui.domain.models import Ref
from qsui.domain.pending import Pending, Stage
from qsui.live.cases import Case

if TYPE_CHECKING:
    from qsui.domain.journal import Deed, Entry
    from qsui.live.acting import Acting

LONGEST_AGO = timedelta(days=1)
"""Older open actions are left as they stand: nobody waits for them any more."""


class Recovering:
    """Reads the journal for actions of the scope whose process is no more."""

    def __init__(self, acting: Acting) -> None:
        self._with = acting

    async def cases(self) -> tuple[Case, ...]:
        """Return the actions to take up, oldest first."""
        journal = self._with.journal
        if journal is None:
            return ()
        since = self._with.clock.now() - LONGEST_AGO
        deeds = await asyncio.to_thread(journal.deeds, self._with.scope.key, since=since)
        return tuple(
            case
            for deed in deeds
            if deed.stage.is_open
            and deed.id not in self._with.store.snapshot.pending
            and not self._is_followed(deed.intent)
            and (case := self._case(deed)) is not None
        )

    def _is_followed(self, intent: Entry) -> bool:
        """Whether another process on this machine that still lives sent it."""
        is_other = intent.host == self._with.host and intent.pid not in (0, self._with.pid)
        return is_other and _lives(intent.pid)

    def _case(self, deed: Deed) -> Case | None:
        intent, scope = deed.intent, self._with.scope
        try:
            verb = Verb(intent.verb)
        except ValueError:
            return None
        if intent.ref is None:
            return None
        ref = Ref(scope.profile, scope.sandbox, intent.ref.kind, intent.ref.parent, intent.ref.id)
        cron = intent.after if verb is Verb.SET_CRON else ""
        pending = Pending(
            id=deed.id,
            action=Action(verb, ref, intent.name, cron=cron, undoes=intent.undoes),
            stage=Stage.UNKNOWN,
            begun_at=intent.at,
            sent_at=intent.at,
            words="qsui ended before its effect was seen: looking whether it happened",
            reason=intent.reason,
            error_code=5,
        )
        if deed.outcome is not None:
            pending = replace(
                pending, status=deed.outcome.status, request_id=deed.outcome.request_id
            )
        return Case(
            pending,
            since=intent.at,
            next_at=self._with.clock.now(),
            was_lost=True,
            is_taken_up=True,
        )


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
