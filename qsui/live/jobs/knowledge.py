"""What the plan of a scope with jobs knows of them; it holds no records.

Times are local. Only the reads and the engine change it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from qsui.domain.states import RunState
from qsui.live.read_log import ReadLog
from qsui.live.reading import ReadKind, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from qsui.domain.jobs import Capabilities, Job, Person
    from qsui.domain.models import Kind

MOST_TRIES = 3
MOST_UNTOLD = 500
AGAIN_S = 60.0
MOST_SWEPT = 500
"""Of so many workflows the jobs are listed one after the other."""
MANY = 5
"""The outcomes of so many jobs of one workflow are cheaper by its list than one by one."""


class ListMode(StrEnum):
    """Which list of jobs the server gives this key."""

    ALL = "all"  # every job
    LAST = "last"  # the last job of every workflow
    NAMED = "named"  # the jobs of workflows that are named, only


def mode_of(capabilities: Capabilities) -> ListMode:
    """Return the best list of jobs that may work."""
    if capabilities.job_list.may_work:
        return ListMode.ALL
    return ListMode.LAST if capabilities.last_job_per_workflow.may_work else ListMode.NAMED


@dataclass(slots=True)
class Look:
    """When a job is to be read by itself, and how often that was in vain.

    `is_fresh` if it ended while it was watched: then somebody waits for it.
    """

    at: datetime
    workflow_id: str = ""
    tries: int = 0
    is_fresh: bool = False


@dataclass(slots=True)
class JobKnowledge(ReadLog):
    """See the module.

    `listed_since` is when schedules were first read. `open` are the known jobs that wait or run,
    with the time since when; `listed_open` those in the last list of them, `unlisted` those that it
    hides. `failures` are failed jobs without a log, `untold` jobs that ended without an outcome
    (counted by workflow in `untold_of`), `explained` those that are asked for no more.
    `logged` are jobs that are over and whose whole log is known, `half_logged` those whose log was
    read while they ran only: it has an end that was not read. `kept_at` is when each list was last
    kept for the next session. `most_at_once` is the most jobs seen at work while others waited.
    `unpaced` are workflows with open jobs whose past is still to be read, `paced` those for which
    that was done. `warned` are jobs with a warning whose log is not known; they are read only while
    they are on screen.

    Where no list tells all jobs, those of each workflow make them up: `filled` are workflows whose
    jobs were listed, `unfilled` those with a recent job for which that is still to be done,
    `unfillable` those for which it failed or where it does not reach back far enough, `hinted`
    those of a schedule that ran since. `scheduled` are the workflows of schedules and `listed` all
    of them (`has_workflows`: they were read to the end).
    """

    listed_since: datetime | None = None
    jobs_read_at: datetime | None = None
    jobs_full_at: datetime | None = None
    last_rows: int = 0
    open: dict[str, datetime] = field(default_factory=dict)
    listed_open: frozenset[str] = frozenset()
    unlisted: dict[str, Look] = field(default_factory=dict)
    failures: dict[str, Look] = field(default_factory=dict)
    untold: dict[str, Look] = field(default_factory=dict)
    untold_of: Counter[str] = field(default_factory=Counter)
    explained: set[str] = field(default_factory=set)
    not_found_once: set[str] = field(default_factory=set)
    logged: set[str] = field(default_factory=set)
    half_logged: set[str] = field(default_factory=set)
    people: Mapping[str, Person] = field(default_factory=dict)
    kept_at: dict[Kind, datetime] = field(default_factory=dict)
    most_at_once: int = 0
    paced: set[str] = field(default_factory=set)
    unpaced: dict[str, None] = field(default_factory=dict)
    warned: dict[str, Look] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    unfilled: dict[str, None] = field(default_factory=dict)
    unfillable: set[str] = field(default_factory=set)
    hinted: dict[str, None] = field(default_factory=dict)
    scheduled: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    has_workflows: bool = False

    def note(self, job: Job, now: datetime, *, is_fresh: bool) -> None:
        """Plan what a job still needs, by its state; `is_fresh` if it changed while watched."""
        id = job.id
        if job.state.is_active:
            self.open.setdefault(id, now)
            if job.workflow_id and job.workflow_id not in self.paced:
                self.unpaced.setdefault(job.workflow_id)
            self._told(id)
            return
        self.open.pop(id, None)
        self.unlisted.pop(id, None)
        if job.state is RunState.ENDED:
            if id not in self.untold and id not in self.explained:
                self._add_untold(Look(now, job.workflow_id, is_fresh=is_fresh), id)
            return
        self._told(id)
        if job.state is not RunState.WARNING or job.messages:
            self.warned.pop(id, None)
        elif id not in self.explained:
            self.warned.setdefault(id, Look(now, job.workflow_id))
        if not job.state.is_bad or (job.messages and id not in self.half_logged):
            self.failures.pop(id, None)
        elif id not in self.explained and id not in self.failures:
            self.failures[id] = Look(now, job.workflow_id, is_fresh=is_fresh)

    def note_read(self, job: Job, now: datetime) -> None:
        """A job was read by itself: take it off the lists, or try again later."""
        id = job.id
        if job.state.is_active:
            self.half_logged.add(id)
        else:
            self.half_logged.discard(id)
            if job.state is not RunState.ENDED:
                self.logged.add(id)
        for looks in (self.failures, self.untold, self.warned):
            look = looks.get(id)
            if look is None:
                continue
            look.tries += 1
            is_told = job.state is not RunState.ENDED and (not job.state.is_bad or job.messages)
            if is_told or look.tries >= MOST_TRIES:
                self.explained.add(id)
                self.drop(id)
            else:
                look.at = now + timedelta(seconds=AGAIN_S * look.tries)
                look.is_fresh = False

    def recall(self, jobs: Iterable[Job], now: datetime) -> None:
        """Take note of what an earlier session knew; newest first.

        What it had read is not read again, and neither is the past of a workflow that it knew well.
        """
        past = Counter[str]()
        for job in jobs:
            past[job.workflow_id] += job.duration is not None
            has_log = job.messages is not None and bool(job.messages or job.state is RunState.ENDED)
            if not has_log:
                if len(self.failures) < MOST_UNTOLD:
                    self.note(job, now, is_fresh=False)
            elif job.state is RunState.ENDED or job.log_is_cut:
                self.explained.add(job.id)
            else:
                self.logged.add(job.id)
        self.paced.update(id for id, count in past.items() if count >= MANY)

    def note_list_read(self, workflow_id: str, now: datetime, *, is_whole: bool) -> None:
        """The list of a workflow was read: what it did not tell is asked for one by one, later.

        `is_whole` if it reaches as far back as is looked.
        """
        self.unpaced.pop(workflow_id, None)
        self.paced.add(workflow_id)
        self.unfilled.pop(workflow_id, None)
        self.hinted.pop(workflow_id, None)
        if is_whole:
            self.unfillable.discard(workflow_id)
            self.filled.add(workflow_id)
        elif workflow_id not in self.filled:
            self.unfillable.add(workflow_id)
        for look in self.untold.values():
            if look.workflow_id == workflow_id and not look.tries:
                look.tries, look.at = 1, now + timedelta(seconds=AGAIN_S)

    def drop(self, id: str) -> None:
        """Plan nothing more about a job."""
        self.open.pop(id, None)
        self.unlisted.pop(id, None)
        self.failures.pop(id, None)
        self.warned.pop(id, None)
        self._told(id)
        self.not_found_once.discard(id)
        self.half_logged.discard(id)

    def forget_log(self, id: str) -> None:
        """The log of a job was let go: it is read again when somebody opens it."""
        self.logged.discard(id)
        self.half_logged.discard(id)
        self.ended.pop(name_of(ReadKind.JOB, "", id), None)

    def note_last(self, jobs: Iterable[Job], since: datetime) -> None:
        """The last job of every workflow is known: what came before a recent one is not."""
        done = self.filled | self.unfillable
        for job in jobs:
            at, id = job.queued_at, job.workflow_id
            is_recent = job.state.is_active or at is None or at >= since
            if id and is_recent and id not in done:
                self.unfilled.setdefault(id)

    def note_hole(self) -> None:
        """Lists were not read for a while: what came meanwhile is known in part only."""
        self.filled.clear()
        self.unfillable.clear()

    def not_listed(self, workflow_id: str) -> None:
        """The list of a workflow could not be read: others have their turn."""
        self.unpaced.pop(workflow_id, None)
        self.unfilled.pop(workflow_id, None)
        self.hinted.pop(workflow_id, None)
        self.unfillable.add(workflow_id)

    def to_sweep(self) -> tuple[str, ...]:
        """The workflows whose lists make up all jobs where no other list is given."""
        return tuple(dict.fromkeys((*self.scheduled, *self.listed)))[:MOST_SWEPT]

    def has_all(self, mode: ListMode) -> bool:
        """Whether the lists of single workflows that were read make up all jobs."""
        if mode is ListMode.LAST:
            return self.jobs_read_at is not None and not (self.unfilled or self.unfillable)
        ids = self.to_sweep()
        return self.has_workflows and len(ids) < MOST_SWEPT and self.filled.issuperset(ids)

    def crowded(self) -> str:
        """Return a workflow with many jobs whose outcome was never asked for; empty if none."""
        if not self.untold_of:
            return ""
        id, count = max(self.untold_of.items(), key=lambda item: item[1])
        is_new = any(x.workflow_id == id and not x.tries for x in self.untold.values())
        return id if id and count >= MANY and is_new else ""

    def _add_untold(self, look: Look, id: str) -> None:
        if len(self.untold) >= MOST_UNTOLD and not look.is_fresh:
            return
        self.untold[id] = look
        self.untold_of[look.workflow_id] += 1

    def _told(self, id: str) -> None:
        look = self.untold.pop(id, None)
        if look is not None:
            self.untold_of[look.workflow_id] -= 1
            if self.untold_of[look.workflow_id] <= 0:
                del self.untold_of[look.workflow_id]
