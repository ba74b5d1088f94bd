"""GET calls from address to wire models, and what is remembered of their answers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from qsui.backends import reading
from qsui.backends.alteryx import wire
from qsui.backends.alteryx.convert import message_of
from qsui.backends.faults import excerpt
from qsui.backends.times import parse_time
from qsui.backends.wire import Wire
from qsui.domain.errors import BadResponse
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qsui.backends.alteryx.transport import ServerTransport
    from qsui.backends.transport import Answer, Params
    from qsui.domain.jobs import Job, JobMessage

W = TypeVar("W", bound=Wire)
Read = TypeVar("Read")
Given = TypeVar("Given")
Made = TypeVar("Made")

_PAGINATION = TypeAdapter(wire.PagedWire)
_BIG = 64 * 1024
_SLICE = 100
_MOST_JOBS = 10_000
_MOST_ROWS = 2_000
_BIG_PAGE = 100


class Calls:
    """Reads of one server; big bodies are parsed in a thread."""

    def __init__(self, transport: ServerTransport, where: str) -> None:
        self._transport = transport
        self._where = where
        self._most_at_once = 0

    async def rows(
        self,
        call: str,
        row: TypeAdapter[W],
        *,
        what: str,
        ids: Sequence[str] = (),
        params: Params = (),
        keys: tuple[str, ...] = (),
    ) -> tuple[tuple[W, ...], int]:
        """Read a list, bare or in an envelope: its rows, and how many could not be read."""
        answer = await self._transport.get(call, ids, params, what=what)
        if not answer.body.strip():
            return (), 0
        return await self.read(answer, what, lambda found: reading.read_rows(found, row, keys))

    async def page(
        self,
        call: str,
        row: TypeAdapter[W],
        *,
        what: str,
        params: Params,
        keys: tuple[str, ...],
    ) -> tuple[tuple[W, ...], int, bool]:
        """Read a page of a list: its rows, how many were lost, and whether more may follow.

        The server may send fewer rows than were asked for: its own word about the next page counts,
        and without one only an empty page ends the list.
        """
        answer = await self._transport.get(call, (), params, what=what)
        rows, bad = await self.read(answer, what, lambda found: reading.read_rows(found, row, keys))
        try:
            told = _PAGINATION.validate_json(answer.body).pagination
        except ValidationError:
            told = None
        has_more = bool(rows) if told is None or told.has_next is None else told.has_next
        return rows, bad, has_more

    async def newest(
        self, call: str, id: str, limit: int, *, what: str, params: Params
    ) -> tuple[list[wire.JobWire], int]:
        """Read jobs of one workflow: at least the newest `limit`, and how many could not be read.

        The list does not tell whether it goes on, and how many rows a server sends at most is not
        published. A page with fewer rows than this server ever sent at once is the last one; other
        short pages are followed by a look at what comes next. A server that sends the oldest first
        is read to its end, else the newest would be missing.
        """
        found: dict[str | None, wire.JobWire] = {}
        lost = offset = 0
        size = limit
        while offset < _MOST_ROWS:
            place = (("offset", str(offset)),) if offset else ()
            paged = (*params, ("limit", str(size)), *place)
            rows, bad = await self.rows(call, wire.JOB, what=what, ids=(id,), params=paged)
            fresh = {row.id: row for row in rows if row.id not in found}
            is_known_end = len(rows) + bad < self._most_at_once
            self._most_at_once = max(self._most_at_once, min(len(rows) + bad, size))
            found |= fresh
            lost += bad
            offset += len(rows) + bad
            is_upside_down = _is_oldest_first(found.values())
            has_newest = offset >= limit and not is_upside_down
            if not fresh or is_known_end or has_newest or len(rows) > size:
                break
            size = _BIG_PAGE if is_upside_down else limit
        return list(found.values()), lost

    async def row(
        self, call: str, row: TypeAdapter[W], *, what: str, id: str, params: Params = ()
    ) -> W:
        """Read one record; raises `NotFound`."""
        answer = await self._transport.get(call, (id,), params, what=what)
        return await self.read(answer, what, lambda found: reading.read_one(found, row))

    async def messages(self, job_id: str) -> tuple[JobMessage, ...]:
        """Read the log of a job by the call that holds nothing else."""
        what = "the messages of that job"
        answer = await self._transport.get("v3/jobs/{}/messages", (job_id,), what=what)
        rows = await self.read(answer, what, read_messages)
        return tuple(message_of(row) for row in rows)

    async def read(self, answer: Answer, what: str, read: Callable[[Answer], Read]) -> Read:
        """Read an answer, or raise the `BadResponse` that says why it cannot be read."""
        try:
            if len(answer.body) < _BIG:
                return read(answer)
            return await asyncio.to_thread(read, answer)
        except reading.UnreadableError as error:
            raise BadResponse(
                f"{self._transport.host} was asked for {what} and {error}",
                where=self._where,
                status=answer.status,
                request_id=answer.request_id,
                detail=excerpt(error.detail),
            ) from error


def read_messages(answer: Answer) -> tuple[wire.MessageWire, ...]:
    """Read a log that is an object, a list, an object with a list, an empty one, null or nothing.

    Raises:
        UnreadableError: It is not JSON.
    """
    if answer.body.strip() in (b"", b"null", b"{}"):
        return ()
    try:
        rows, _ = reading.read_rows(answer, wire.MESSAGE, ("messages",))
    except reading.UnreadableError:
        return (reading.read_one(answer, wire.MESSAGE),)
    return rows


def _is_oldest_first(rows: Iterable[wire.JobWire]) -> bool:
    times = [at for row in rows if (at := parse_time(row.created)) is not None]
    return len(times) > 1 and times[0] < times[-1]


async def sliced(rows: Sequence[Given], convert: Callable[[Given], Made]) -> list[Made]:
    """Convert a list that may hold thousands; the event loop has its turn between slices."""
    made: list[Made] = []
    for start in range(0, len(rows), _SLICE):
        if start:
            await asyncio.sleep(0)
        made.extend(convert(row) for row in rows[start : start + _SLICE])
    return made


class Memory:
    """What one answer tells that another leaves out: names, and the facts of finished jobs."""

    def __init__(self) -> None:
        self.people: dict[str, str] = {}
        self.workflows: dict[str, str] = {}
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def job(self, id: str) -> Job | None:
        """Return what is known of a job."""
        return self._jobs.get(id)

    def completed(self, job: Job) -> Job:
        """Return a job with what other answers told of it, and keep the sum.

        A finished job never changes: its outcome is taken from any answer that told it.
        """
        before = self._jobs.get(job.id)
        found = _with(job, before) if before is not None else job
        found = replace(
            found,
            workflow_name=found.workflow_name or self.workflows.get(found.workflow_id, ""),
            submitted_by=self.people.get(found.submitted_by, found.submitted_by),
        )
        self._jobs[job.id] = replace(found, messages=None, outputs=None)
        self._jobs.move_to_end(job.id)
        while len(self._jobs) > _MOST_JOBS:
            self._jobs.popitem(last=False)
        return found


def _with(job: Job, before: Job) -> Job:
    is_settled = before.state.is_final and job.state is RunState.ENDED
    return replace(
        job,
        state=before.state if is_settled else job.state,
        disposition=job.disposition or (before.disposition if is_settled else ""),
        workflow_id=job.workflow_id or before.workflow_id,
        workflow_name=job.workflow_name or before.workflow_name,
        submitted_by=job.submitted_by or before.submitted_by,
        queued_at=job.queued_at or before.queued_at,
        started_at=job.started_at or before.started_at,
        ended_at=job.ended_at or (None if job.state.is_active else before.ended_at),
        seen_duration=job.seen_duration or (None if job.state.is_active else before.seen_duration),
        priority=job.priority or before.priority,
        worker_tag=job.worker_tag or before.worker_tag,
        is_amp=before.is_amp if job.is_amp is None else job.is_amp,
    )
