"""Sends the actions of a plan: reads again, writes the intent, sends once, writes the outcome."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb, is_seen
from qsui.domain.errors import (
    ApiError,
    BadResponse,
    ConfigError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    Rejected,
    ServerError,
    Unreachable,
)
from qsui.domain.models import Schedule
from qsui.domain.pending import Pending, Stage
from qsui.domain.ports import JournalError
from qsui.domain.states import ScheduleState
from qsui.live import action_words
from qsui.live.action_reads import (
    find_record,
    known_jobs,
    known_runs,
    version_of,
    workflow_of,
)
from qsui.live.cases import Case, texts_in

if TYPE_CHECKING:
    from qsui.domain.actions import Action
    from qsui.domain.models import Record
    from qsui.domain.ports import Accepted, Outgoing
    from qsui.live.acting import Acting
    from qsui.live.elsewhere import Elsewhere
    from qsui.live.plans import Target
    from qsui.live.preparing import Preparing
    from qsui.live.recorder import Recorder

UNTOLD = (OutcomeUnknown, BadResponse, ServerError)
"""After these nobody knows whether it happened."""

_MAY_BE_SO = frozenset({Verb.CANCEL, Verb.ENABLE, Verb.DISABLE, Verb.SET_CRON, Verb.DELETE})


@dataclass(frozen=True, slots=True)
class _Answer:
    """How an action stands after its request, and the id of what it made, if that was said."""

    pending: Pending
    created_id: str = ""
    version: str = ""


class Sending:
    """Carries out single targets; what stays open becomes a `Case`."""

    def __init__(
        self, acting: Acting, recorder: Recorder, preparing: Preparing, elsewhere: Elsewhere
    ) -> None:
        self._with = acting
        self._recorder = recorder
        self._preparing = preparing
        self._elsewhere = elsewhere

    async def perform(
        self, target: Target, *, reason: str, unrecorded: bool
    ) -> tuple[Pending, Case | None]:
        """Carry out one target; returns how it stands, and what is to be followed."""
        now = self._with.clock.now()
        pending = Pending(
            id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            action=target.action,
            stage=Stage.SENDING,
            begun_at=now,
            reason=reason.strip(),
            is_recorded=self._with.journal is not None,
        )
        if target.must_argue and not pending.reason:
            return self._settled(pending, Stage.NOT_SENT, "it needs a reason", code=2), None
        again = await self._read_again(pending, target)
        if isinstance(again, Pending):
            return again, None
        target = again
        known = self._runs_before(target.action)
        there = self._with.server_time(self._with.clock.now())
        pending = self._with.put(replace(pending, server_at=there))
        pending = await self._intent(pending, target, unrecorded=unrecorded)
        if pending.stage is Stage.SENDING and pending.is_recorded and not pending.reason:
            pending = await self._alone(pending, target)
        if pending.stage is not Stage.SENDING:
            return self._with.put(pending), None
        return await self._first(pending, target, known)

    async def _first(
        self, pending: Pending, target: Target, known: frozenset[str]
    ) -> tuple[Pending, Case | None]:
        """Send the first write of a target."""
        first, *rest = target.outgoing
        if rest:
            pending = replace(pending, step="disable")
        elif target.running and pending.action.verb is Verb.DELETE:
            return await self._held(pending, target)
        answer = await self.send(pending, first)
        pending = answer.pending
        case = None
        if pending.stage.is_open:
            case = Case(
                pending=pending,
                since=pending.sent_at or pending.begun_at,
                next_at=pending.begun_at,
                known_before=known,
                created_id=answer.created_id,
                to_send=tuple(rest),
                texts=texts_in(first.body),
                was_lost=pending.stage is Stage.UNKNOWN,
            )
            case.wait_for_next(self._with.clock.now(), self._with.options)
        return pending, case

    async def _held(self, pending: Pending, target: Target) -> tuple[Pending, Case]:
        """A schedule that is off and still runs: wait with the delete."""
        now = self._with.clock.now()
        words = action_words.held(target.running)
        pending = replace(pending, stage=Stage.SENT, sent_at=now, step="wait", words=words)
        pending = self._with.put(await self._recorder.outcome(pending))
        case = Case(pending, since=now, next_at=now, to_send=target.outgoing)
        case.wait_for_next(now, self._with.options)
        return pending, case

    async def send(self, pending: Pending, outgoing: Outgoing) -> _Answer:
        """Send one write, once; shows and records what came of it. Raises nothing of a server."""
        pending = replace(pending, sent_at=self._with.clock.now())
        accepted: Accepted | None = None
        version = ""
        try:
            accepted = await self._with.backend.send(outgoing)
        except ApiError as error:
            pending, version = await self._after_error(pending, error)
        except ConfigError as error:
            pending = _ended(pending, Stage.NOT_SENT, str(error), error.exit_code)
        except asyncio.CancelledError:
            self._with.put(replace(pending, stage=Stage.UNKNOWN, words=action_words.LOST))
            raise
        else:
            pending = replace(
                pending,
                stage=Stage.SENT,
                status=accepted.status,
                request_id=accepted.request_id,
                words=self._waiting(pending),
                created_id=accepted.created_id,
            )
        if pending.stage is Stage.DONE:
            pending = await self._recorder.effect(pending, version)
        else:
            said = accepted.words if accepted else ""
            pending = await self._recorder.outcome(pending, said)
        self._with.put(pending)
        return _Answer(pending, accepted.created_id if accepted else "")

    async def _after_error(self, pending: Pending, error: ApiError) -> tuple[Pending, str]:
        """Tell what an error means for an action; a refusal may mean that it is so already."""
        pending = replace(
            pending,
            status=error.status,
            request_id=error.request_id,
            error_code=error.exit_code,
        )
        if isinstance(error, UNTOLD):
            code = OutcomeUnknown.exit_code
            words = action_words.LOST
            return replace(pending, stage=Stage.UNKNOWN, words=words, error_code=code), ""
        if isinstance(error, Unreachable):
            words = f"nothing was sent: {error}"
            return replace(pending, stage=Stage.NOT_SENT, words=words, sent_at=None), ""
        if isinstance(error, Rejected | Conflict | NotFound) and pending.action.verb in _MAY_BE_SO:
            found = await self._is_so(pending, error)
            if found is not None:
                return found
        return replace(pending, stage=Stage.REFUSED, words=error.detail or str(error)), ""

    async def _is_so(self, pending: Pending, error: ApiError) -> tuple[Pending, str] | None:
        """Whether the effect is there although the server refused; read from the server."""
        try:
            record = await find_record(self._with, pending.action.target)
        except ApiError:
            return None
        if pending.step == "disable" and is_off(record):
            words = self._waiting(pending)
            return replace(pending, stage=Stage.SENT, words=words, error_code=0), ""
        if not is_seen(pending.action, record):
            return None
        done = replace(
            pending,
            stage=Stage.DONE,
            seen_at=self._with.clock.now(),
            words=action_words.already(pending.action.verb, error.status),
            error_code=0,
        )
        return done, version_of(record)

    async def _intent(self, pending: Pending, target: Target, *, unrecorded: bool) -> Pending:
        try:
            await self._recorder.intent(pending, target)
        except JournalError as error:
            if not unrecorded:
                words = f"{action_words.UNRECORDED}: {error}"
                return _ended(pending, Stage.NOT_SENT, words, ConfigError.exit_code)
            return replace(pending, is_recorded=False)
        return pending

    async def _alone(self, pending: Pending, target: Target) -> Pending:
        """Stop if another process wrote the same intent before: of two at once, one goes."""
        ahead = await self._elsewhere.ahead(pending, target)
        if not ahead:
            return pending
        words = f"it needs a reason: {ahead}"
        pending = _ended(pending, Stage.NOT_SENT, words, ConfigError.exit_code)
        return await self._recorder.outcome(pending)

    async def _read_again(self, pending: Pending, target: Target) -> Target | Pending:
        """Read the target once more; what would be refused now is not sent."""
        action = target.action
        again = await self._preparing.target(action)
        words = again.refusal
        if not words and _differs(target, again):
            words = f"it is {again.before} now" if again.before else "its state is another now"
        if not words and again.earlier and again.must_argue and not target.must_argue:
            words = again.warnings[0]
        if words:
            was_read = again.record is not None or action.verb is Verb.CREATE
            prefix = "it changed meanwhile: " if was_read or words == "it is gone" else ""
            stage = Stage.REFUSED if prefix else Stage.NOT_SENT
            return self._settled(pending, stage, prefix + words, code=again.error_code or 1)
        return again

    def _runs_before(self, action: Action) -> frozenset[str]:
        """Return the ids of the runs or jobs that are there before a trigger; just read."""
        if action.verb is not Verb.TRIGGER:
            return frozenset()
        if self._with.has_jobs:
            workflow_id = workflow_of(self._with, action.target)
            return frozenset(job.id for job in known_jobs(self._with, workflow_id))
        return frozenset(run.id for run in known_runs(self._with, action.target.id))

    def _waiting(self, pending: Pending) -> str:
        if pending.step == "disable":
            return action_words.half_done()
        return action_words.waiting(pending.action.verb, has_jobs=self._with.has_jobs)

    def _settled(self, pending: Pending, stage: Stage, words: str, *, code: int) -> Pending:
        return self._with.put(_ended(pending, stage, words, code))


def _ended(pending: Pending, stage: Stage, words: str, code: int) -> Pending:
    return replace(pending, stage=stage, words=words, error_code=code, sent_at=None)


def is_off(record: Record | None) -> bool:
    """Whether it is a schedule that is off."""
    return isinstance(record, Schedule) and record.state is ScheduleState.DISABLED


def _differs(one: Target, other: Target) -> bool:
    """Whether what would be replaced is no longer what was confirmed."""
    return bool(one.before) and one.before.split() != other.before.split()
