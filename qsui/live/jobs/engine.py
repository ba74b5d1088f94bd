"""The live engine of one scope with workflows and jobs; see `ReadingLoop` for how it reads.

It needs no screen. Lookers state what they want (`demand`), answers go to the store, and what went
wrong to the scope's health. A call that is not for this key closes that list only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.jobs import Job
from qsui.domain.models import Kind
from qsui.live.backoff import Backoff
from qsui.live.demands import Demands, Wanted, together
from qsui.live.health import state_of
from qsui.live.jobs.context import JobContext
from qsui.live.jobs.job_reads import JobReads
from qsui.live.jobs.knowledge import JobKnowledge, ListMode, mode_of
from qsui.live.jobs.list_reads import ListReads
from qsui.live.jobs.options import JobPollOptions
from qsui.live.jobs.plan import plan
from qsui.live.memory import Memory
from qsui.live.reading import Read, ReadKind
from qsui.live.reading_loop import ReadingLoop, jitter
from qsui.live.store import Health

if TYPE_CHECKING:
    import random as random_numbers
    from collections.abc import Mapping
    from datetime import datetime

    from qsui.domain.jobs import Person, Workflow
    from qsui.domain.models import Ref, Schedule
    from qsui.domain.ports import Clock, History
    from qsui.domain.ports_workflows import WorkflowServerReads
    from qsui.live.store import Store, Trouble

__all__ = ["Demands", "JobEngine", "JobPollOptions", "ListMode"]


class JobEngine(ReadingLoop):
    """Reads workflows, jobs and schedules of one scope."""

    def __init__(
        self,
        backend: WorkflowServerReads,
        store: Store,
        *,
        clock: Clock,
        history: History | None = None,
        options: JobPollOptions | None = None,
        random: random_numbers.Random | None = None,
    ) -> None:
        self.options = options or JobPollOptions()
        self._known = JobKnowledge(Backoff(random or jitter()))
        super().__init__(backend, store, self._known, self.options, clock)
        self._backend = backend
        self._memory = Memory(history, backend.scope)
        self._context = JobContext(
            backend, store, self._known, self._memory, clock, self.options, self._till.pay
        )
        self._jobs = JobReads(self._context)
        self._lists = ListReads(self._context)
        self._demands: dict[str, Demands] = {}
        self._wanted = Wanted(schedules=True)
        self._is_painted = False
        self._tell_health()

    @property
    def list_mode(self) -> ListMode:
        """Which list of jobs the server gives this key, as far as known."""
        return mode_of(self._backend.capabilities)

    @property
    def people(self) -> Mapping[str, Person]:
        """The server's users by id; empty if this key may not read them."""
        return self._known.people

    @property
    def slots_seen(self) -> int:
        """The most jobs seen at work while others waited: the server has that many slots."""
        return self._known.most_at_once

    def demand(self, owner: str, demands: Demands | None) -> None:
        """State what a looker wants fresh; `None` when it looks no more."""
        if self._demands.get(owner) == demands:
            return
        if demands is None:
            self._demands.pop(owner, None)
        else:
            self._demands[owner] = demands
        self._wanted = (
            together(tuple(self._demands.values())) if self._demands else Wanted(schedules=True)
        )
        self._context.looked_at = frozenset(self._wanted.jobs)
        self._wake.set()

    def retire(self) -> None:
        """Drop the answers to all that is still under way; further reads count again."""
        self._context.generation += 1

    def job_detail(self, id: str) -> Job | None:
        """Return a job whose log was read, in its newest state; `None` until then."""
        job = self._store.snapshot.job(self.scope, id)
        return job if job is not None and job.messages is not None else None

    async def read_job(self, id: str) -> Job:
        """Read a job with its log and outputs now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such job.
        """
        await self.ask(ReadKind.JOB, "", id)
        return self._store.snapshot.job(self.scope, id) or await self._backend.job(id)

    async def read_jobs(self, workflow_id: str) -> tuple[Job, ...]:
        """Read the newest jobs of a workflow now; returns all that are known of it.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such workflow.
        """
        await self.ask(ReadKind.JOBS_OF, workflow_id)
        records = self._store.snapshot.jobs(self.scope).records.values()
        return tuple(
            job for job in records if isinstance(job, Job) and job.workflow_id == workflow_id
        )

    async def read_workflow(self, id: str) -> Workflow:
        """Read a workflow with its published version now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such workflow.
        """
        await self.ask(ReadKind.WORKFLOW, "", id)
        return self._store.snapshot.workflow(self.scope, id) or await self._backend.workflow(id)

    async def read_schedule(self, id: str) -> Schedule:
        """Read a schedule now.

        Raises:
            ApiError: The backend failed, or (`NotFound`) it has no such schedule.
        """
        await self.ask(ReadKind.SCHEDULE, "", id)
        return self._store.snapshot.schedule(self.scope, id) or await self._backend.schedule(id)

    def forget(self, ref: Ref) -> None:
        """Drop a record that is known to be gone from the server."""
        if ref.kind is Kind.JOB:
            self._jobs.remove(ref.id)
        elif ref.kind in (Kind.SCHEDULE, Kind.WORKFLOW):
            self._lists.remove(ref.kind, ref.id)

    async def _paint(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            now = self._clock.now()
            await self._memory.paint_jobs(self._store, now)
            records = self._store.snapshot.jobs(self.scope).records.values()
            self._known.recall((job for job in records if isinstance(job, Job)), now)

    def _plan(self, now: datetime) -> list[Read]:
        return plan(
            now,
            self._known,
            self._wanted,
            self.options,
            self.list_mode,
            is_focused=self.focused,
        )

    async def _perform(self, read: Read) -> None:
        match read.kind:
            case ReadKind.SCHEDULES | ReadKind.RECENT_SCHEDULES:  # there is but one list
                await self._lists.read_schedules(read)
            case ReadKind.SCHEDULE:
                await self._lists.read_schedule(read)
            case ReadKind.WORKFLOWS:
                await self._lists.read_workflows(read)
            case ReadKind.WORKFLOW:
                await self._lists.read_workflow(read)
            case ReadKind.PEOPLE:
                await self._lists.read_people()
            case ReadKind.JOBS:
                await self._jobs.read_all(read)
            case ReadKind.OPEN_JOBS:
                await self._jobs.read_open(read)
            case ReadKind.JOBS_OF:
                await self._jobs.read_of(read)
            case ReadKind.JOB:
                await self._jobs.read_one(read)
            case _:
                raise ValueError(f"{read.kind} is not read from a server with jobs")

    def _succeeded(self, read: Read) -> None:
        """Nothing beyond what the reads themselves note."""

    def _failed(self, read: Read, trouble: Trouble) -> None:
        if read.kind is ReadKind.JOBS_OF:
            self._known.not_listed(read.parent)
        if trouble.kind != "not_found":
            return
        if read.kind is ReadKind.JOB:
            self._jobs.not_found(read.id)
        elif read.kind is ReadKind.WORKFLOW:
            self._lists.remove(Kind.WORKFLOW, read.id)

    def _health(self, now: datetime) -> Health:
        known, interval_s = self._known, self.options.open_s
        if self.list_mode is ListMode.NAMED:
            interval_s = self.options.schedules_rest_s
        return Health(
            scope=self.scope,
            state=state_of(known, interval_s, now),
            last_success_at=known.last_success_at,
            failing_since=known.backoff.failing_since,
            trouble=known.backoff.latest,
            requests_per_min=self.options.requests_per_min,
            poll_interval_s=interval_s,
            token_expires_at=self._backend.token.expires_at,
            server_offset=self._backend.server_offset,
            bad_records=known.bad_records,
            history_trouble=self._memory.trouble,
        )
