"""Deleting: a schedule is turned off, its runs end, and only then the delete is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qsui.domain.actions import is_seen
from qsui.domain.models import Query, Schedule
from qsui.domain.pending import Stage
from qsui.domain.ports import QueryFilter
from qsui.domain.states import ScheduleState
from qsui.live import action_words
from qsui.live.action_reads import active_runs, find_record
from qsui.live.findings import Done, Failed, Finding, NotYet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from qsui.domain.models import Record
    from qsui.domain.ports import Page
    from qsui.live.acting import Acting
    from qsui.live.cases import Case
    from qsui.live.sending import Sending

MOST_LISTED = 300
LIST_EVERY, LIST_AT = 4, 2
_BEFORE_THE_DELETE = ("disable", "wait")


class Deletions:
    """Carries the macro on, and looks whether a record is gone."""

    def __init__(self, acting: Acting, sending: Sending) -> None:
        self._with = acting
        self._sending = sending

    async def look(self, case: Case) -> Finding:
        """Look once; sends the delete of a schedule when its time has come.

        Raises:
            ApiError: The backend failed to read. What a write ends with is in the finding.
        """
        action = case.pending.action
        record = await find_record(self._with, action.target)
        is_gone, is_told = is_seen(action, record), True
        if not is_gone and record is not None and _wants_list(case, record):
            is_unlisted = await self._is_unlisted(record)
            is_gone, is_told = bool(is_unlisted), is_unlisted is not None
        if is_gone:
            self._with.engine.forget(action.target)
            return Done()
        if isinstance(record, Schedule) and case.to_send:
            return await self._carry_on(case, record)
        if _is_held(case):
            return _left_behind(record)
        return NotYet(no_effect="" if is_told else action_words.CANNOT_TELL)

    async def _carry_on(self, case: Case, schedule: Schedule) -> Finding:
        """Go on with the macro; once its time is over nothing more is sent."""
        if case.pending.stage is Stage.NO_EFFECT:
            return NotYet(is_final=True)
        if schedule.state is not ScheduleState.DISABLED:
            if case.pending.step == "wait":
                return Failed(Stage.REFUSED, "somebody turned it on again: the delete was not sent")
            return NotYet(
                no_effect="it was not seen to go off: the delete was not sent", is_final=True
            )
        running = active_runs(await self._with.for_runs.read_runs(schedule.id))
        if running:
            waiting = replace(
                case.pending, step="wait", stage=Stage.SENT, words=action_words.held(running)
            )
            return NotYet(
                pending=waiting,
                no_effect="it is off, but a run still goes: the delete was not sent",
                is_final=True,
            )
        return await self._send_delete(case)

    async def _send_delete(self, case: Case) -> Finding:
        outgoing, case.to_send = case.to_send[-1], ()
        first_sent_at = case.pending.sent_at
        answer = await self._sending.send(replace(case.pending, step="delete"), outgoing)
        pending = replace(answer.pending, sent_at=first_sent_at or answer.pending.sent_at)
        if pending.stage is Stage.DONE:
            self._with.engine.forget(pending.action.target)
            return Done(words=pending.words)
        if not pending.stage.is_open:
            words = f"it is off, the delete was refused: {pending.words}"
            return Failed(Stage.REFUSED, words, pending.error_code)
        case.was_lost = pending.stage is Stage.UNKNOWN
        case.restart(self._with.clock.now(), self._with.options)
        return NotYet(pending=pending)

    async def _is_unlisted(self, record: Record) -> bool | None:
        """Whether what can still be read by its id is no longer listed; `None` if none can tell.

        Only a list that was read to its end, without rows that mean nothing, tells that.
        """
        is_whole = False
        async for page in self._pages(record):
            is_there = any(row.ref == record.ref and not _is_marked(row) for row in page.records)
            if is_there or page.bad or page.unchanged:
                return False
            is_whole = page.is_last
        return is_whole or None

    def _pages(self, record: Record) -> AsyncIterator[Page[Any]]:
        """Yield the list that would show it."""
        if isinstance(record, Schedule):
            return self._with.backend.schedules()
        backend = self._with.query_service
        if not isinstance(record, Query):
            return backend.templates()
        where = QueryFilter(
            created_since=record.created_at,
            raw_state=record.raw_state,
            schedule_id=record.schedule_id or None,
            run_id=record.run_id or None,
            include_hidden=True,
        )
        return backend.queries(where, cap=MOST_LISTED)


def _is_marked(record: Record) -> bool:
    """Whether a list shows it as deleted."""
    return isinstance(record, Schedule) and record.state is ScheduleState.DELETED


def _wants_list(case: Case, record: Record) -> bool:
    """Whether the list is read, too: now and then, or at once where it can be filtered."""
    if case.to_send or _is_held(case):
        return False
    return isinstance(record, Query) or case.looks % LIST_EVERY == LIST_AT


def _is_held(case: Case) -> bool:
    """Whether the delete itself did not leave: an earlier process ended before."""
    return case.is_taken_up and case.pending.step in _BEFORE_THE_DELETE


def _left_behind(record: Record | None) -> Finding:
    is_off = isinstance(record, Schedule) and record.state is ScheduleState.DISABLED
    state = "it is off" if is_off else "it is on"
    return Failed(
        Stage.NO_EFFECT, f"qsui ended before it was deleted: it is still there, {state}", 5
    )
