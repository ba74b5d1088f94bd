"""A job and a workflow with what follows from the queue and from the jobs before: rows of lists.

Views hold no ages, so that one is equal to the next until there is news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qsui.domain.queueing import is_manual
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta

    from qsui.domain.jobs import Job, Workflow
    from qsui.domain.models import Ref, Schedule
    from qsui.domain.queueing import QueueView


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with its place in the queue.

    `position` counts from 1 (`None`: it does not wait, or that is not known), `starts_at` is a
    guess by the medians of those ahead, to the minute. `median` is how long jobs of its workflow
    usually take. `runs_away` if it runs far longer. `by_hand` is a guess, `None` without ground.
    """

    job: Job
    position: int | None = None
    starts_at: datetime | None = None
    median: timedelta | None = None
    runs_away: bool = False
    by_hand: bool | None = None

    @property
    def ref(self) -> Ref:
        """The identity of the job."""
        return self.job.ref

    @property
    def expected_end(self) -> datetime | None:
        """When it ends if it takes as long as usual; `None` if it does not run or no one knows."""
        started = self.job.started_at
        if not self.job.state.is_active or started is None or self.median is None:
            return None
        return started + self.median


@dataclass(frozen=True, slots=True)
class WorkflowView:
    """A workflow with its newest job.

    `last_job` is `None` if none is known; `jobs_read` says whether its jobs were ever read.
    `schedules` is how many run it (`None`: not read), `next_at` the next run of these as the server
    says it, `active` how many of its jobs wait or work.
    """

    workflow: Workflow
    last_job: Job | None = None
    median: timedelta | None = None
    schedules: int | None = None
    next_at: datetime | None = None
    active: int = 0
    jobs_read: bool = True

    @property
    def ref(self) -> Ref:
        """The identity of the workflow."""
        return self.workflow.ref


class JobViews:
    """Makes the views of jobs at one moment of their queue."""

    def __init__(
        self,
        queue: QueueView,
        median_of: Callable[[str], timedelta | None],
        schedules_of: Callable[[str], Sequence[Schedule]] | None = None,
    ) -> None:
        """Look things up by workflow id; without `schedules_of` the schedules were not read."""
        self._places = {one.job.id: one for one in queue.waiting}
        self._run_aways = frozenset(one.job.id for one in queue.run_aways)
        self._median_of = median_of
        self._schedules_of = schedules_of

    def of(self, job: Job) -> JobView:
        """Return a job with what is known around it."""
        place = self._places.get(job.id) if job.state.is_active else None
        starts = place.starts_at if place else None
        return JobView(
            job,
            position=place.position if place else None,
            starts_at=starts.replace(second=0, microsecond=0) if starts else None,
            median=self._median_of(job.workflow_id),
            runs_away=job.state.is_active and job.id in self._run_aways,
            by_hand=self._by_hand(job),
        )

    def _by_hand(self, job: Job) -> bool | None:
        if self._schedules_of is None:
            return None
        return is_manual(job, {job.workflow_id: self._schedules_of(job.workflow_id)})


def newest(jobs: Iterable[Job]) -> Job | None:
    """Return the job that says most of its workflow now: one at work, else the last that came."""
    return max(jobs, key=_tells, default=None)


def _tells(job: Job) -> tuple[object, ...]:
    is_at_work = job.state in (RunState.RUNNING, RunState.STARTING)
    return (is_at_work, job.queued_at or job.started_at or _NO_TIME, job.id)


_NO_TIME = datetime.min.replace(tzinfo=UTC)
