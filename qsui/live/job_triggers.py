"""Which job a trigger made: the answer names it, and if that was lost, new jobs are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.errors import OutcomeUnknown
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Stage
from qsui.live.action_reads import find_record, workflow_of
from qsui.live.claims import SLACK
from qsui.live.findings import Done, Failed, Finding, NotYet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qsui.domain.jobs import Job
    from qsui.live.acting import Acting
    from qsui.live.cases import Case


class JobTriggers:
    """Looks for the jobs of triggers of one workflow or schedule."""

    def __init__(self, acting: Acting) -> None:
        self._with = acting
        self._claimed: set[str] = set()

    async def look(self, group: Sequence[Case]) -> Mapping[str, Finding]:
        """Look once.

        Raises:
            ApiError: The backend failed.
        """
        found: dict[str, Finding] = {}
        for case in group:
            if case.created_id:
                found[case.id] = await self._named(case)
        lost = [case for case in group if case.id not in found]
        if lost:
            found.update(await self._new_ones(lost))
        return found

    async def _named(self, case: Case) -> Finding:
        scope = self._with.scope
        ref = Ref(scope.profile, scope.sandbox, Kind.JOB, "", case.created_id)
        record = await find_record(self._with, ref)
        if record is None:
            return NotYet(no_effect=f"accepted, and its job {case.created_id} was never seen")
        self._claimed.add(case.created_id)
        return Done(result=ref)

    async def _new_ones(self, cases: Sequence[Case]) -> Mapping[str, Finding]:
        """Claim new jobs of the workflow, oldest first, if there are no more than were asked for.

        No server tells who started a job: with more of them it cannot be told which is whose.
        """
        workflow_id = workflow_of(self._with, cases[0].pending.action.target)
        if not workflow_id:
            await find_record(self._with, cases[0].pending.action.target)
            workflow_id = workflow_of(self._with, cases[0].pending.action.target)
        if not workflow_id:
            return {}
        jobs = await self._with.for_jobs.read_jobs(workflow_id)
        in_order = sorted(cases, key=lambda case: case.pending.begun_at)
        fresh = sorted(
            (job for job in jobs if self._fits(in_order[0], job)),
            key=lambda job: (job.queued_at is None, job.queued_at, job.id),
        )
        if len(fresh) > len(in_order):
            words = f"the answer was lost, and {len(fresh)} jobs came since: see which"
            code = OutcomeUnknown.exit_code
            return {case.id: Failed(Stage.UNKNOWN, words, code) for case in in_order}
        found: dict[str, Finding] = {}
        for case, job in zip(in_order, fresh, strict=False):
            self._claimed.add(job.id)
            found[case.id] = Done(result=job.ref, words="by its workflow and its time")
        return found

    def _fits(self, case: Case, job: Job) -> bool:
        """Whether a trigger may have made a job."""
        if job.id in case.known_before or job.id in self._claimed:
            return False
        return (
            job.queued_at is None or job.queued_at >= self._with.began_there(case.pending) - SLACK
        )
