"""One job with its messages and outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import NO_SUCH_CALL
from qsui.backends.alteryx.convert import job_of
from qsui.domain.errors import ApiError, Forbidden, NotFound
from qsui.domain.jobs import state_from_messages
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from qsui.backends.alteryx.abilities import Abilities
    from qsui.backends.alteryx.calls import Calls, Memory
    from qsui.backends.alteryx.sent import Sent
    from qsui.domain.jobs import Job, JobMessage
    from qsui.domain.models import Scope
    from qsui.domain.ports import Clock

_ONE = "v3/jobs/{}"
_OLD_ONE = "v1/jobs/{}"
_LOOKS = 3
_WITH_MESSAGES = (("includeMessages", "true"),)
_NO_LOG_YET = (RunState.QUEUED, RunState.STARTING)


class JobReads:
    """Reads jobs one by one."""

    def __init__(
        self,
        calls: Calls,
        abilities: Abilities,
        memory: Memory,
        sent: Sent,
        scope: Scope,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._abilities = abilities
        self._memory = memory
        self._sent = sent
        self._scope = scope
        self._clock = clock
        self._is_v3 = False

    async def one(self, id: str, workflow_id: str = "") -> Job:
        """Read a job, with its log from wherever this key may read it; raises `NotFound`."""
        row = await self._row(id)
        if not row.id:
            row = row.model_copy(update={"id": id})
        job = job_of(row, self._scope, workflow_id=workflow_id)
        if not job.messages and job.state not in _NO_LOG_YET:
            messages = await self._messages(id)
            if messages is not None:
                state = state_from_messages(job.state, messages)
                job = replace(job, messages=messages, state=state)
        messages, outputs = job.messages or (), job.outputs or ()
        return replace(self._memory.completed(job), messages=messages, outputs=outputs)

    async def _row(self, id: str) -> wire.JobWire:
        """Read it; one that was made here moments ago is waited for."""
        looks = _LOOKS if self._sent.is_new(id) else 1
        for look in range(looks):
            try:
                row = await self._calls.row(
                    _ONE, wire.JOB, what="that job", id=id, params=_WITH_MESSAGES
                )
            except NotFound as missing:
                if look == looks - 1:
                    if self._is_v3:
                        raise
                    return await self._old_row(id, missing)
                await self._clock.sleep(1.0)
            else:
                self._is_v3 = True
                return row
        raise AssertionError("the last look returns or raises")

    async def _old_row(self, id: str, missing: NotFound) -> wire.JobWire:
        """Read it by the first version of the call, which is all that old releases have.

        That this key may not make that call, too, tells less than that the job is not there.
        """
        try:
            return await self._calls.row(
                _OLD_ONE, wire.JOB, what="that job", id=id, params=_WITH_MESSAGES
            )
        except Forbidden as error:
            raise missing from error

    async def _messages(self, id: str) -> tuple[JobMessage, ...] | None:
        """Read the log by the call that only Curators may make; `None` if that cannot be."""
        if not self._abilities.may("admin_messages"):
            return None
        try:
            with self._abilities.trying("admin_messages"):
                return await self._calls.messages(id)
        except ApiError as error:
            if not isinstance(error, Forbidden) and error.status not in NO_SUCH_CALL:
                raise
            return None
