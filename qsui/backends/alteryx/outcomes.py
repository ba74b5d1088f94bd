"""How jobs ended, where their list does not say it: joined by id, each outcome asked for once.

A row that reads `Completed` may have failed. Nothing here takes it for a success: one call must
have named the job under exactly one outcome.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import NO_SUCH_CALL
from qsui.backends.alteryx.calls import sliced
from qsui.backends.alteryx.convert import job_of
from qsui.domain.errors import ApiError, Forbidden
from qsui.domain.states import RunState, job_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.backends.alteryx.abilities import Abilities
    from qsui.backends.alteryx.calls import Calls, Memory
    from qsui.domain.jobs import Job
    from qsui.domain.models import Scope

_LAST = "admin/v1/workflows/jobs"
_OF_WORKFLOW = "v3/workflows/{}/jobs"
_RESULTS = ("Error", "Warning", "Success")
_MOST_ASKED = 20_000


class Outcomes:
    """Finds outcomes; keeps them in the memory of the connection."""

    def __init__(self, calls: Calls, abilities: Abilities, memory: Memory, scope: Scope) -> None:
        self._calls = calls
        self._abilities = abilities
        self._memory = memory
        self._scope = scope
        self._asked: set[str] = set()

    async def last_ones(self) -> tuple[list[Job], int]:
        """Read the last job of every workflow, with its outcome."""
        with self._abilities.trying("last_job_per_workflow"):
            rows, bad = await self._calls.rows(
                _LAST,
                wire.JOB,
                what="the last job of every workflow",
                params=(("includeMessages", "false"),),
            )
        jobs = await sliced(rows, lambda row: self._memory.completed(self._without_log(row)))
        return jobs, bad

    def _without_log(self, row: wire.JobWire) -> Job:
        """Return a job of a list: that no log and no outputs came with it says nothing of them."""
        job = job_of(row, self._scope)
        return replace(job, messages=job.messages or None, outputs=job.outputs or None)

    async def joined(self, jobs: Sequence[Job]) -> list[Job]:
        """Return jobs with outcomes as far as one call for all of them tells."""
        if self._open(jobs) and self._abilities.may("last_job_per_workflow"):
            try:
                await self.last_ones()
            except ApiError as error:
                if not isinstance(error, Forbidden) and error.status not in NO_SUCH_CALL:
                    raise
            else:
                self._remember_asked(jobs)
        return [self._memory.completed(job) for job in jobs]

    async def joined_of(self, workflow_id: str, jobs: Sequence[Job], limit: int) -> list[Job]:
        """Return jobs of one workflow with outcomes, asked for by each outcome."""
        missing = {job.id for job in jobs if job.state is RunState.ENDED}
        if not missing:
            return list(jobs)
        named: dict[str, list[str]] = {}
        for result in _RESULTS:
            params = (
                ("sortField", "createdate"),
                ("direction", "desc"),
                ("resultCode", result),
            )
            rows, _ = await self._calls.newest(
                _OF_WORKFLOW,
                workflow_id,
                limit,
                what="the jobs of that workflow by outcome",
                params=params,
            )
            for row in rows:
                named.setdefault(row.id or "", []).append(result)
        return [self._settled(job, named.get(job.id, [])) for job in jobs]

    def _settled(self, job: Job, results: list[str]) -> Job:
        # A server that ignores the filter names every job each time, which tells nothing.
        if job.state is not RunState.ENDED or len(results) != 1:
            return job
        state = job_state(job.raw_state, results[0])
        return self._memory.completed(replace(job, state=state, disposition=results[0]))

    def _open(self, jobs: Sequence[Job]) -> bool:
        return any(job.state is RunState.ENDED and job.id not in self._asked for job in jobs)

    def _remember_asked(self, jobs: Sequence[Job]) -> None:
        if len(self._asked) > _MOST_ASKED:
            self._asked.clear()
        self._asked.update(job.id for job in jobs if job.state is RunState.ENDED)
