"""Rows of a server's jobs: each with its place in the queue, and with what it needs.

A row holds no ages, so it is equal to the next one until there is news or a minute went by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qsui.domain.actions import Verb
from qsui.domain.filters import Field, Fields
from qsui.domain.filters_jobs import job_fields
from qsui.domain.jobs import Job
from qsui.domain.models import Kind
from qsui.domain.queueing import QueueView, place_key
from qsui.domain.states import RunState
from qsui.present.job_view import JobView, JobViews
from qsui.tui.acts import UNSEEN_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from qsui.domain.filters import Predicate
    from qsui.domain.pending import Pending
    from qsui.live.jobs.book import JobBook
    from qsui.tui.options import Session

LONG_WAIT = timedelta(minutes=30)
"""A job that waits so long needs somebody."""

_CAME_OUT = (RunState.SUCCESS, RunState.WARNING, RunState.FAILED, RunState.TIMEOUT)
_ODD = (RunState.WARNING, RunState.CANCELLED)
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class JobRow(JobView):
    """A job in a list.

    `is_past` of one that did not end plainly well if a later job of its workflow came out, well or
    not: then that one counts. `waits_long` of one in the queue if it waits for longer than
    `LONG_WAIT`.
    """

    is_past: bool = False
    waits_long: bool = False

    @property
    def rank(self) -> int:
        """What it needs: 0 failed, 1 runs away, 2 waits long, 3 runs, 4 waits.

        Then 5 of what was warned of or cancelled and is the last of its workflow, 6 of the rest.
        """
        state = self.job.state
        if state.is_bad:
            return 6 if self.is_past else 0
        if self.runs_away:
            return 1
        if state is RunState.QUEUED:
            return 2 if self.waits_long else 4
        if state.is_active:
            return 3
        return 5 if state in _ODD and not self.is_past else 6

    @property
    def needs_somebody(self) -> bool:
        """Whether a person should look at it."""
        return self.rank < 3


def need_key(row: JobRow) -> tuple[object, ...]:
    """Order by what a job needs; of a kind the queue by place, the rest newest first."""
    job, rank = row.job, row.rank
    if job.state is RunState.QUEUED:
        return (rank, *place_key(job))
    if job.state.is_active:
        return (rank, job.started_at or job.queued_at or _FAR, job.id)
    return (rank, -came_at(job).timestamp() if came_at(job) != _NO_TIME else 0.0, job.id)


def came_at(job: Job) -> datetime:
    """Return when a job was queued, else when it started; the first of all times if neither."""
    return job.queued_at or job.started_at or _NO_TIME


def _is_told(job: Job) -> bool:
    """Whether it matters that it was the last of its workflow."""
    return job.state.is_bad or job.state in _ODD


class QueueRows:
    """Makes the rows of one session's jobs; they are right until `renew` says otherwise."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._key: tuple[object, ...] = ()
        self._seen: tuple[object, ...] = ()
        self._queue = QueueView()
        self._views: JobViews | None = None
        self._newest: dict[str, datetime] = {}
        self.renew()

    def is_of(self, session: Session) -> bool:
        """Whether it is this session's."""
        return self._session is session

    @property
    def book(self) -> JobBook:
        """The session's jobs by workflow."""
        if self._session.book is None:
            raise TypeError(f"{self._session.scope.label} has no jobs")
        return self._session.book

    @property
    def queue(self) -> QueueView:
        """The queue as of the last renewal."""
        return self._queue

    def renew(self) -> bool:
        """Look at the queue again if its jobs, their schedules or the minute changed."""
        session, book = self._session, self.book
        snapshot, scope = session.store.snapshot, session.scope
        schedules = snapshot.schedules(scope)
        slots, minute = session.job_engine.slots_seen, session.now.replace(second=0, microsecond=0)
        is_read = schedules.read_at is not None
        jobs = snapshot.jobs(scope).records
        seen = (jobs, schedules.records)
        key = (is_read, slots, minute)
        if key == self._key and all(a is b for a, b in zip(seen, self._seen, strict=True)):
            return False
        self._key, self._seen = key, seen
        self._newest.clear()
        self._queue = book.queue(session.clock.now(), slots_seen=slots)
        schedules_of = book.schedules_of if is_read else None
        self._views = JobViews(self._queue, self._median_of, schedules_of)
        return True

    def _median_of(self, workflow_id: str) -> timedelta | None:
        return self.book.pace(workflow_id).median

    def row(self, job: Job) -> JobRow:
        """Return a job's row."""
        if self._views is None:
            return JobRow(job)
        view, waited = self._views.of(job), job.waited(self._session.now)
        is_waiting = job.state is RunState.QUEUED
        return JobRow(
            job,
            view.position,
            view.starts_at,
            view.median,
            view.runs_away,
            view.by_hand,
            is_past=_is_told(job) and came_at(job) < self._came_out_at(job.workflow_id),
            waits_long=is_waiting and waited is not None and waited >= LONG_WAIT,
        )

    def _came_out_at(self, workflow_id: str) -> datetime:
        """Return when the newest job of a workflow came whose outcome is known."""
        if workflow_id not in self._newest:
            jobs = self.book.jobs_of(workflow_id) if workflow_id else ()
            times = (came_at(job) for job in jobs if job.state in _CAME_OUT)
            self._newest[workflow_id] = max(times, default=_NO_TIME)
        return self._newest[workflow_id]

    def touched_by(self, job_ids: set[str], workflow_ids: set[str]) -> list[Job]:
        """Return the jobs whose rows may differ after a change of some jobs.

        These are the jobs themselves, all that wait or work, and what did not end plainly well of
        their workflows.
        """
        found = {job.id: job for job in self.book.active()}
        snapshot, scope = self._session.store.snapshot, self._session.scope
        for id in job_ids:
            job = snapshot.job(scope, id)
            if job is not None:
                found[id] = job
        for workflow_id in workflow_ids - {""}:
            told = (job for job in self.book.jobs_of(workflow_id) if _is_told(job))
            found.update((job.id, job) for job in told)
        return list(found.values())


def unseen_job(pending: Pending, session: Session) -> Job | None:
    """Return the job that was asked for; `None` for other actions."""
    action = pending.action
    if action.verb is not Verb.TRIGGER:
        return None
    workflow_id, name = action.target.id, action.name
    if action.target.kind is Kind.SCHEDULE:
        schedule = session.store.snapshot.schedule(session.scope, action.target.id)
        if schedule is None or not schedule.workflow_id:
            return None
        workflow_id = schedule.workflow_id
        workflow = session.store.snapshot.workflow(session.scope, workflow_id)
        name = workflow.name if workflow is not None else schedule.name
    ref = replace(action.target, kind=Kind.JOB, parent="", id=f"{UNSEEN_ID}{pending.id}")
    at = pending.sent_at or pending.begun_at
    return Job(ref, RunState.QUEUED, "", workflow_id=workflow_id, workflow_name=name, queued_at=at)


def job_row_fields() -> Fields[JobRow]:
    """Return what a filter of rows can say: what one of jobs can, and what they need."""
    jobs = job_fields()
    return Fields(
        fields=tuple(_of_row(field) for field in jobs.fields),
        flags={
            **{name: _flag_of_row(flag) for name, flag in jobs.flags.items()},
            "needs": lambda row, _: row.needs_somebody,
        },
        shown_text=lambda row: jobs.shown_text(row.job),
    )


def _of_row(field: Field[Job]) -> Field[JobRow]:
    get: Callable[[Job, datetime], object] = field.get
    return Field(
        field.name, field.titles, field.kind, lambda row, now: get(row.job, now), field.unit_s
    )


def _flag_of_row(flag: Predicate[Job]) -> Predicate[JobRow]:
    return lambda row, now: flag(row.job, now)
