"""Keeps the verdict of every schedule of a scope whose schedules run workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsui.domain.facts import ScheduleFacts, Verdict
from qsui.domain.job_verdict import judge_by_jobs
from qsui.domain.models import Kind
from qsui.live.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from qsui.domain.models import Ref, Schedule, Scope
    from qsui.domain.ports import Clock
    from qsui.live.jobs.book import JobBook
    from qsui.live.store import PartitionKey, Store


class JobVerdicts(Verdicts):
    """As `Verdicts`, by the jobs of each schedule's workflow, which `book` has in order.

    `book` must listen to the store already: it has to know of a change before this does.
    """

    def __init__(self, store: Store, scope: Scope, clock: Clock, book: JobBook) -> None:
        self._book = book
        self._unsure: set[str] = set()
        self._were_jobs_read = False
        super().__init__(store, scope, clock)

    def _facts_of(self, schedule: Schedule, now: datetime) -> ScheduleFacts:
        snapshot = self._store.snapshot
        workflow_id = schedule.workflow_id
        read_at = snapshot.schedules(self._scope).read_at
        jobs = self._book.jobs_of(workflow_id) if workflow_id else ()
        lists = (snapshot.jobs(self._scope, workflow_id), snapshot.jobs(self._scope))
        facts = judge_by_jobs(
            schedule,
            jobs,
            now=now,
            read_at=self._server(read_at) if read_at else None,
            jobs_are_read=any(one.read_at and not one.from_history for one in lists),
            siblings=len(tuple(self._book.schedule_ids_of(workflow_id))),
        )
        if facts.verdict in (Verdict.UNKNOWN, Verdict.LATE):
            self._unsure.add(schedule.id)
        else:
            self._unsure.discard(schedule.id)
        return facts

    def _concerned(self, ref: Ref) -> Iterable[str]:
        if ref.kind is Kind.SCHEDULE:
            return (ref.id,)
        if ref.kind is not Kind.JOB:
            return ()
        return self._book.schedule_ids_of(self._book.workflow_of(ref))

    def _on_read(self, key: PartitionKey) -> None:
        label, kind, _ = key
        if label != self._scope.label:
            return
        if kind is Kind.SCHEDULE:
            self._pending.update(dict.fromkeys(self._unsure))
        elif kind is Kind.JOB and not self._were_jobs_read:
            if self._store.snapshot.partition(self._scope, *key[1:]).from_history:
                return
            self._were_jobs_read = True
            schedules = self._store.snapshot.schedules(self._scope).records
            self._pending.update(dict.fromkeys(schedules))
