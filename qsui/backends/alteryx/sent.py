"""Writes to an Alteryx Server: sent once, their answers read, and what they teach."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from qsui.backends import reading
from qsui.backends.accepting import read_accepted
from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import NO_SUCH_CALL
from qsui.backends.alteryx.recurrence import cron_of, starts_of
from qsui.backends.alteryx.writing import NO_CANCEL, NO_PATCH, iteration_in, target_of
from qsui.backends.times import parse_time
from qsui.domain.errors import ApiError, OutcomeUnknown, Rejected
from qsui.domain.jobs import Ability

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.backends.alteryx.abilities import Abilities
    from qsui.backends.alteryx.calls import Calls
    from qsui.backends.alteryx.schedule_lists import ScheduleFacts
    from qsui.backends.alteryx.transport import ServerTransport
    from qsui.backends.transport import Answer
    from qsui.domain.ports import Accepted, Clock, Outgoing

_NEW_FOR = timedelta(seconds=10)
_THINGS = {"jobs": "that job", "schedules": "that schedule", "workflows": "that workflow"}
_LEARNT = {("DELETE", "jobs"): "cancel", ("PATCH", "schedules"): "schedule_patch"}
_LACKS = {"cancel": NO_CANCEL, "schedule_patch": NO_PATCH}


class Sent:
    """Sends writes, and keeps what their answers tell."""

    def __init__(
        self,
        transport: ServerTransport,
        calls: Calls,
        abilities: Abilities,
        facts: ScheduleFacts,
        clock: Clock,
    ) -> None:
        self._transport = transport
        self._calls = calls
        self._abilities = abilities
        self._facts = facts
        self._clock = clock
        self._made: dict[str, datetime] = {}

    def is_new(self, job_id: str) -> bool:
        """Whether a job was made here moments ago: some servers do not know it at once."""
        at = self._made.get(job_id)
        return at is not None and self._clock.now() - at < _NEW_FOR

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Send a write, once.

        Raises as `SendsActions.send` does; `Rejected` if this release has no such call.
        """
        kind, id = target_of(outgoing)
        ability = _LEARNT.get((outgoing.method, kind), "")
        self._expect(outgoing)
        try:
            answer = await self._transport.send(outgoing, thing=_THINGS.get(kind, ""))
        except ApiError as error:
            if not isinstance(error, OutcomeUnknown):
                self._facts.cron_was_refused(unquote(id))
            if ability and error.status in NO_SUCH_CALL and await self._is_there(outgoing, error):
                self._abilities.note(ability, Ability.MISSING)
                raise _lacking(ability, error) from error
            raise
        if ability:
            self._abilities.note(ability, Ability.YES)
        place = self._transport.place(outgoing.what)
        accepted = read_accepted(answer, outgoing.method, place, any_json=True)
        self._keep(outgoing, answer, accepted)
        return accepted

    def _expect(self, outgoing: Outgoing) -> None:
        """Keep what a new cadence will be known by if its answer is lost."""
        iteration = iteration_in(outgoing)
        if iteration is None:
            return
        id = unquote(target_of(outgoing)[1])
        known = self._facts.rows.get(id)
        zone = (known.time_zone or "").strip() if known is not None else ""
        cron = cron_of(iteration, zone)
        start = parse_time(str(iteration.get("startTime") or ""))
        if cron and start is not None:
            self._facts.cron_is_sent(id, cron, starts_of(start, zone))

    async def _is_there(self, outgoing: Outgoing, error: ApiError) -> bool:
        """Whether the record that a write did not find can be read: then the call is what lacks."""
        kind, id = target_of(outgoing)
        try:
            await self._transport.get(
                f"v3/{kind}/{{}}",
                (unquote(id),),
                (("includeMessages", "false"),) if kind == "jobs" else (),
                what=_THINGS[kind],
            )
        except ApiError:
            return error.status == NO_SUCH_CALL[-1]
        return True

    def _keep(self, outgoing: Outgoing, answer: Answer, accepted: Accepted) -> None:
        kind, id = target_of(outgoing)
        if outgoing.method == "POST" and accepted.created_id:
            self._made = {
                job: at for job, at in self._made.items() if self._clock.now() - at < _NEW_FOR
            }
            self._made[accepted.created_id] = self._clock.now()
        if kind != "schedules":
            return
        if outgoing.method == "DELETE":
            self._facts.rows.pop(unquote(id), None)
            return
        row = _schedule_in(answer)
        if row is not None and row.enabled is not None:
            self._facts.keep(row)
        iteration = iteration_in(outgoing)
        if iteration is not None:
            known = row or self._facts.rows.get(unquote(id))
            zone = (known.time_zone or "") if known is not None else ""
            self._facts.cron_was_set(unquote(id), cron_of(iteration, zone), row)


def _schedule_in(answer: Answer) -> wire.ScheduleWire | None:
    """Return the schedule that an answer holds; `None` for an empty one, the next read tells."""
    try:
        row = reading.read_one(answer, wire.SCHEDULE)
    except reading.UnreadableError:
        return None
    return row if row.id else None


def _lacking(ability: str, error: ApiError) -> Rejected:
    return Rejected(
        f"Nothing was changed: {_LACKS[ability]}.",
        where=error.where,
        status=error.status,
        request_id=error.request_id,
        detail=_LACKS[ability],
    )
