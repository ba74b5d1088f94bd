"""Lists of jobs, by the best call that the server and the key allow.

The newest release lists all jobs, without their outcome. Older ones tell the last job of every
workflow, with it, and the jobs of one workflow, without. What is missing is joined by id.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import NO_SUCH_CALL
from qsui.backends.alteryx.convert import job_of
from qsui.backends.alteryx.outcomes import Outcomes
from qsui.domain.errors import ApiError, Forbidden, NotFound
from qsui.domain.jobs import Ability
from qsui.domain.ports import Page

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterable

    from qsui.backends.alteryx.abilities import Abilities
    from qsui.backends.alteryx.calls import Calls, Memory
    from qsui.backends.transport import Params
    from qsui.domain.jobs import Job
    from qsui.domain.models import Scope
    from qsui.domain.ports_workflows import JobFilter

ALL = "v3/jobs"
LAST = "admin/v1/workflows/jobs"
OF_WORKFLOW = "v3/workflows/{}/jobs"
OLD_OF_WORKFLOW = "v1/workflows/{}/jobs"

_PAGE = 100
_MOST_OPEN = 1000
_MOST = 5000
_OF_ONE = 100
_LATE = 100
_AT_ONCE = 4
_OPEN = ("Queued", "Initializing", "Running")  # in the order in which a job goes through them
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class JobLists:
    """Reads lists of jobs."""

    def __init__(self, calls: Calls, abilities: Abilities, memory: Memory, scope: Scope) -> None:
        self._calls = calls
        self._abilities = abilities
        self._memory = memory
        self._scope = scope
        self._outcomes = Outcomes(calls, abilities, memory, scope)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._list_is_open_only = False

    async def pages(self, where: JobFilter, cap: int | None) -> AsyncGenerator[Page[Job], None]:
        """Yield what `ListsJobs.jobs` promises."""
        if where.workflow_ids:
            yield await self._of_workflows(where, cap)
            return
        if self._abilities.may("job_list"):
            try:
                async for page in self._listed(where, cap):
                    yield page
            except ApiError as error:
                if not _is_not_for_us(error):
                    raise
            else:
                return
        yield await self._last_ones(where, cap)

    async def probe(self) -> None:
        """Find out whether the server lists all jobs, else the last ones; asks once."""
        if self._abilities.known.job_list is Ability.UNTRIED:
            await _tried(self._page((("limit", "1"), ("allUsers", "true")), 0))
        is_known = self._abilities.known.last_job_per_workflow is not Ability.UNTRIED
        if self._abilities.known.job_list is not Ability.YES and not is_known:
            await _tried(self._outcomes.last_ones())

    async def placed(self, job: Job) -> Job:
        """Return a job with the workflow that its own page left out, if a list of late tells it."""
        if not self._abilities.may("job_list"):
            return job
        params = _params() if job.state.is_active else _params(statuses="Complete")
        try:
            async for page in self._walk(params, _LATE, set()):
                if any(one.id == job.id for one in page.records):
                    break
        except ApiError as error:
            if not _is_not_for_us(error):
                raise
        known = self._memory.completed(job)
        return replace(known, messages=job.messages, outputs=job.outputs)

    # The server's own list

    async def _listed(self, where: JobFilter, cap: int | None) -> AsyncGenerator[Page[Job], None]:
        if where.open_only or where.completed_since is not None:
            open_ones = await self._open_ones()
            is_all = where.open_only or (cap is not None and len(open_ones) >= cap)
            yield Page(tuple(open_ones[:cap]), is_last=is_all)
            if is_all:
                return
            left = None if cap is None else cap - len(open_ones)
            done = _params(statuses="Complete", **_since(where))
            known = {job.id for job in open_ones}
            async for page in self._walk(done, left, known):
                yield page
            return
        seen: set[str] = set()
        has_ended = False
        async for page in self._walk(_params(), cap, seen):
            has_ended = has_ended or any(not job.state.is_active for job in page.records)
            is_more = page.is_last and (self._list_is_open_only or not has_ended)
            yield Page(page.records, page.is_last and not is_more, page.bad)
        left = None if cap is None else cap - len(seen)
        if not has_ended and (left is None or left > 0):
            async for page in self._walk(_params(statuses="Complete"), left, seen):
                self._list_is_open_only = self._list_is_open_only or bool(page.records)
                yield page

    async def _open_ones(self) -> list[Job]:
        found: dict[str, Job] = {}
        for status in _OPEN:
            async for page in self._walk(_params(statuses=status), _MOST_OPEN, set()):
                # A server that ignores the filter sends others, too.
                found |= {job.id: job for job in page.records if job.state.is_active}
        return _newest_first(found.values())

    async def _walk(
        self, params: Params, cap: int | None, seen: set[str]
    ) -> AsyncGenerator[Page[Job], None]:
        """Yield pages of jobs that are not in `seen`, which grows; ends with a last page.

        Without a cap it ends at `_MOST`, and its last page says that there are more.
        """
        taken, offset = 0, 0
        while True:
            size = _PAGE if cap is None else min(_PAGE, cap - taken)
            jobs, bad, has_more = await self._page((*params, ("limit", str(size))), offset)
            offset += len(jobs) + bad
            fresh = [job for job in jobs if job.id not in seen]
            seen.update(job.id for job in fresh)
            fresh = fresh[: None if cap is None else cap - taken]
            taken += len(fresh)
            is_full = cap is not None and taken >= cap
            is_last = is_full or not fresh or not has_more
            yield Page(tuple(await self._outcomes.joined(fresh)), is_last, bad)
            if is_last or taken >= _MOST:
                return

    async def _page(self, params: Params, offset: int) -> tuple[list[Job], int, bool]:
        """Read a page: its jobs, how many could not be read, and whether more may follow."""
        paged = (*params, ("offset", str(offset)))
        with self._abilities.trying("job_list"):
            rows, bad, has_more = await self._calls.page(
                ALL, wire.JOB, what="the list of jobs", params=paged, keys=("data", "jobs")
            )
        return [self._job(row) for row in rows], bad, has_more

    # The last job of every workflow

    async def _last_ones(self, where: JobFilter, cap: int | None) -> Page[Job]:
        if not self._abilities.may("last_job_per_workflow"):
            raise self._only_by_workflow()
        try:
            jobs, bad = await self._outcomes.last_ones()
        except ApiError as error:
            if _is_not_for_us(error):
                raise self._only_by_workflow() from error
            raise
        kept = [job for job in jobs if _passes(job, where)]
        return Page(tuple(_newest_first(kept)[:cap]), is_last=True, bad=bad)

    def _only_by_workflow(self) -> Forbidden:
        """Return the error that says why there is no list: the key's role, or the release."""
        known = self._abilities.known
        is_refused = Ability.FORBIDDEN in (known.job_list, known.last_job_per_workflow)
        why = (
            f"This key may not list all jobs of {self._scope.label}, which needs the role Curator."
            if is_refused
            else f"This release of {self._scope.label} lists jobs by workflow only."
        )
        return Forbidden(
            f"{why} Ask for the jobs of one workflow.",
            where=self._scope.label,
            status=401 if is_refused else 404,
        )

    # The jobs of some workflows

    async def _of_workflows(self, where: JobFilter, cap: int | None) -> Page[Job]:
        async def one(id: str) -> tuple[list[Job], int]:
            async with self._slots:
                try:
                    return await self._of_workflow(id, cap)
                except NotFound:
                    if len(where.workflow_ids) == 1:
                        raise
                    return [], 0

        found = await asyncio.gather(*(one(id) for id in dict.fromkeys(where.workflow_ids)))
        jobs = [job for some, _ in found for job in some if _passes(job, where)]
        bad = sum(lost for _, lost in found)
        return Page(tuple(_newest_first(jobs)[:cap]), is_last=True, bad=bad)

    async def _of_workflow(self, id: str, cap: int | None) -> tuple[list[Job], int]:
        what = "the jobs of that workflow"
        limit = min(cap or _OF_ONE, _OF_ONE)
        params = (("sortField", "createdate"), ("direction", "desc"))
        try:
            rows, bad = await self._calls.newest(OF_WORKFLOW, id, limit, what=what, params=params)
        except NotFound as missing:  # the workflow is gone, or the release has only the older call
            try:
                rows, bad = await self._calls.newest(
                    OLD_OF_WORKFLOW, id, limit, what=what, params=params
                )
            except Forbidden as error:
                raise missing from error
        jobs = {job.id: job for job in (self._job(row, id) for row in rows)}
        if self._abilities.known.job_list is Ability.YES:
            jobs = await self._with_times(id, jobs, limit)
        joined = await self._outcomes.joined_of(id, list(jobs.values()), limit)
        return _newest_first(joined), bad

    async def _with_times(self, id: str, jobs: dict[str, Job], limit: int) -> dict[str, Job]:
        """Add what only the server's list tells: times, submitter, and jobs that others started."""
        name = self._memory.workflows.get(id, "")
        if not name:
            return jobs
        listed, _, _ = await self._page((*_params(workflowNames=name), ("limit", str(limit))), 0)
        mine = {job.id: job for job in listed if job.workflow_id == id}
        return {key: self._memory.completed(job) for key, job in (jobs | mine).items()}

    def _job(self, row: wire.JobWire, workflow_id: str = "") -> Job:
        return self._memory.completed(job_of(row, self._scope, workflow_id=workflow_id))


async def _tried(call: Awaitable[object]) -> None:
    """Wait for a call; that the server or the key does not have it is an answer, too."""
    try:
        await call
    except ApiError as error:
        if not _is_not_for_us(error):
            raise


def _is_not_for_us(error: ApiError) -> bool:
    return isinstance(error, Forbidden) or error.status in NO_SUCH_CALL


def _params(**more: str) -> Params:
    plain = {"allUsers": "true", "sortField": "CreateDate", "direction": "desc"}
    return tuple((plain | more).items())


def _since(where: JobFilter) -> dict[str, str]:
    """Return the server's filter; it knows only days, so it asks for one that holds them all."""
    if where.completed_since is None:
        return {}
    return {"completedAfter": f"{where.completed_since.astimezone(UTC):%Y-%m-%d}"}


def _passes(job: Job, where: JobFilter) -> bool:
    if job.state.is_active:
        return True
    if where.open_only:
        return False
    since = where.completed_since
    return since is None or job.ended_at is None or job.ended_at >= since


def _newest_first(jobs: Iterable[Job]) -> list[Job]:
    """Sort by the time of queueing; jobs without one come last."""
    return sorted(jobs, key=lambda job: (job.queued_at or _NEVER, job.id), reverse=True)
