"""The jobs of a scope by their workflow, how long each workflow usually takes, and the queue.

It follows the store and computes only what was asked for since something changed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.jobs import Job
from qsui.domain.models import Kind, Schedule
from qsui.domain.queueing import QueueView, pace_of, queue_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from qsui.domain.durations import Pace
    from qsui.domain.models import Ref, Scope
    from qsui.live.store import Change, Store


class JobBook:
    """Jobs and schedules of one scope by workflow id. Close it when it is used no more."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._jobs: dict[str, dict[str, None]] = {}
        self._schedules: dict[str, dict[str, None]] = {}
        self._workflow_of: dict[tuple[Kind, str], str] = {}
        self._paces: dict[str, Pace] = {}
        self._active: dict[str, None] = {}
        self._gone: dict[tuple[Kind, str], str] = {}
        for partition in (store.snapshot.jobs(scope), store.snapshot.schedules(scope)):
            for record in partition.records.values():
                self._put(record)
        self._end = store.listen(self._on_change)

    def close(self) -> None:
        """Stop listening to the store."""
        self._end()

    def jobs_of(self, workflow_id: str) -> tuple[Job, ...]:
        """Return the known jobs of a workflow, in no particular order."""
        ids = self._jobs.get(workflow_id, ()) if workflow_id else ()  # some servers do not tell it
        return self._known_jobs(ids)

    def schedules_of(self, workflow_id: str) -> tuple[Schedule, ...]:
        """Return the schedules that run a workflow, in no particular order."""
        snapshot = self._store.snapshot
        found = (snapshot.schedule(self._scope, id) for id in self._schedules.get(workflow_id, ()))
        return tuple(schedule for schedule in found if schedule is not None)

    def schedule_ids_of(self, workflow_id: str) -> Iterable[str]:
        """Return the ids of the schedules that run a workflow."""
        return tuple(self._schedules.get(workflow_id, ()))

    def workflow_of(self, ref: Ref) -> str:
        """Return the workflow of a job or a schedule, of one that just went too; else empty."""
        key = (ref.kind, ref.id)
        return self._workflow_of.get(key) or self._gone.get(key, "")

    def pace(self, workflow_id: str) -> Pace:
        """Return how long the jobs of a workflow usually take."""
        known = self._paces.get(workflow_id)
        if known is None:
            known = self._paces[workflow_id] = pace_of(self.jobs_of(workflow_id))
        return known

    def active(self) -> tuple[Job, ...]:
        """Return the jobs that wait or work, in no particular order."""
        return self._known_jobs(self._active)

    def queue(self, now: datetime, *, slots_seen: int = 0) -> QueueView:
        """Return the queue at local time `now`; `slots_seen` is the engine's."""
        jobs = self.active()
        ids = {job.workflow_id for job in jobs}
        health = self._store.snapshot.health.get(self._scope.label)
        offset = health.server_offset if health else timedelta()
        is_read = self._store.snapshot.schedules(self._scope).read_at is not None
        schedules: dict[str, Sequence[Schedule]] = {id: self.schedules_of(id) for id in ids}
        return queue_view(
            jobs,
            {id: self.pace(id) for id in ids},
            now + offset,
            slots_seen=slots_seen,
            schedules=schedules if is_read else None,
        )

    def _known_jobs(self, ids: Iterable[str]) -> tuple[Job, ...]:
        records = self._store.snapshot.jobs(self._scope).records
        found = map(records.get, ids)
        return tuple(job for job in found if isinstance(job, Job))

    def _on_change(self, change: Change) -> None:
        self._gone.clear()
        for ref in change.refs:
            if (ref.profile, ref.sandbox) != (self._scope.profile, self._scope.sandbox):
                continue
            if ref.kind not in (Kind.JOB, Kind.SCHEDULE):
                continue
            records = change.snapshot.partition(self._scope, ref.kind).records
            record = records.get(ref.id)
            if record is None:
                self._drop(ref)
            else:
                self._put(record)

    def _put(self, record: object) -> None:
        if not isinstance(record, Job | Schedule):
            return
        ref, workflow_id = record.ref, record.workflow_id
        key = (ref.kind, ref.id)
        if self._workflow_of.get(key, workflow_id) != workflow_id:
            self._drop(ref)
        self._workflow_of[key] = workflow_id
        self._index(ref.kind).setdefault(workflow_id, {})[ref.id] = None
        if isinstance(record, Job):
            self._paces.pop(workflow_id, None)
            if record.state.is_active:
                self._active[ref.id] = None
            else:
                self._active.pop(ref.id, None)

    def _drop(self, ref: Ref) -> None:
        key = (ref.kind, ref.id)
        workflow_id = self._gone[key] = self._workflow_of.pop(key, "")
        index = self._index(ref.kind)
        ids = index.get(workflow_id, {})
        ids.pop(ref.id, None)
        if not ids:
            index.pop(workflow_id, None)
        if ref.kind is Kind.JOB:
            self._paces.pop(workflow_id, None)
            self._active.pop(ref.id, None)

    def _index(self, kind: Kind) -> dict[str, dict[str, None]]:
        return self._jobs if kind is Kind.JOB else self._schedules
