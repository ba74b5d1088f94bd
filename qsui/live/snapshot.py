"""What is known at one moment: immutable values that screens draw and rules judge.

They are made by `qsui.live.store` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from qsui.domain.jobs import Job, Workflow
from qsui.domain.models import Kind, Query, Record, Ref, Run, Schedule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from qsui.domain.pending import Pending

PartitionKey = tuple[str, Kind, str]
"""Scope label, kind, parent (the schedule id of runs, else empty).

All jobs of a scope are in the one without a parent; one named by a workflow holds no records, but
says when that workflow's jobs were read, and what went wrong.
"""

TroubleKind = Literal[
    "unreachable",
    "refused",
    "forbidden",
    "not_found",
    "throttled",
    "server_error",
    "bad_response",
    "rejected",
]
HealthState = Literal["starting", "live", "stale", "offline", "refused", "throttled"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a read failed: since when, how often in a row, and when it is tried again.

    `message` is the sentence of the error, `status` the HTTP status (0: no answer came).
    `next_try_at` is `None` if nothing is tried again by itself.
    """

    kind: TroubleKind
    message: str
    status: int
    request_id: str
    since: datetime
    tries: int
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class Partition:
    """The records of one kind and parent, by id.

    `read_at` is when the server was last asked with success (local clock; `None`: never).
    `is_complete` says that the list was read to its end, `from_history` that nothing but the last
    session's memory is behind it, `trouble` why the last read failed. `known_from` is the slot from
    which on a schedule's runs are known without holes (`None`: only single ones are).
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    read_at: datetime | None = None
    is_complete: bool = False
    from_history: bool = False
    trouble: Trouble | None = None
    known_from: datetime | None = None


EMPTY = Partition()


@dataclass(frozen=True, slots=True)
class Health:
    """How a scope is doing; `trouble` is the latest of any of its reads.

    `to_sweep` counts the enabled schedules, `swept` those whose runs were read in this session,
    `sweep_complete_at` is when all of them first were. `bad_records` counts rows that could not be
    read. `history_trouble` says why nothing outlives the process (empty: it does).
    """

    scope: Scope
    state: HealthState = "starting"
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    trouble: Trouble | None = None
    requests_last_min: int = 0
    requests_per_min: int = 60
    poll_interval_s: float = 10.0
    token_expires_at: datetime | None = None
    server_offset: timedelta = timedelta()
    no_run_links: bool = False
    swept: int = 0
    to_sweep: int = 0
    sweep_complete_at: datetime | None = None
    bad_records: int = 0
    history_trouble: str = ""

    def loud(self) -> Health:
        """Return it without the silent parts: what is compared to tell whether to call."""
        return replace(self, last_success_at=None, requests_last_min=0, server_offset=timedelta())


R = TypeVar("R", Schedule, Run, Query, Workflow, Job)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at one revision. Views neither change nor keep parts of it."""

    revision: int = 0
    partitions: Mapping[PartitionKey, Partition] = field(default_factory=dict)
    health: Mapping[str, Health] = field(default_factory=dict)
    pending: Mapping[str, Pending] = field(default_factory=dict)

    def pending_of(self, ref: Ref) -> tuple[Pending, ...]:
        """Return the actions on one record that are still shown, oldest first."""
        return tuple(p for p in self.pending.values() if p.action.target == ref)

    def partition(self, scope: Scope, kind: Kind, parent: str = "") -> Partition:
        """Return a partition; an empty one if nothing is known."""
        return self.partitions.get((scope.label, kind, parent), EMPTY)

    def schedules(self, scope: Scope) -> Partition:
        """Return the schedules by id."""
        return self.partition(scope, Kind.SCHEDULE)

    def queries(self, scope: Scope) -> Partition:
        """Return the known queries by id."""
        return self.partition(scope, Kind.QUERY)

    def runs(self, scope: Scope, schedule_id: str) -> Partition:
        """Return the known runs of one schedule by run id, in no particular order."""
        return self.partition(scope, Kind.RUN, schedule_id)

    def all_runs(self, scope: Scope) -> Iterator[Run]:
        """Yield every known run of every schedule, in no particular order."""
        for (label, kind, _), partition in self.partitions.items():
            if kind is Kind.RUN and label == scope.label:
                for record in partition.records.values():
                    if isinstance(record, Run):
                        yield record

    def schedule(self, scope: Scope, id: str) -> Schedule | None:
        """Return one schedule, if known."""
        return _as(Schedule, self.schedules(scope).records.get(id))

    def run(self, scope: Scope, schedule_id: str, run_id: str) -> Run | None:
        """Return one run, if known."""
        return _as(Run, self.runs(scope, schedule_id).records.get(run_id))

    def query(self, scope: Scope, id: str) -> Query | None:
        """Return one query, if known."""
        return _as(Query, self.queries(scope).records.get(id))

    def workflows(self, scope: Scope) -> Partition:
        """Return the workflows by id."""
        return self.partition(scope, Kind.WORKFLOW)

    def jobs(self, scope: Scope, workflow_id: str = "") -> Partition:
        """Return all known jobs by id; with a workflow, how the reading of its jobs went."""
        return self.partition(scope, Kind.JOB, workflow_id)

    def workflow(self, scope: Scope, id: str) -> Workflow | None:
        """Return one workflow, if known."""
        return _as(Workflow, self.workflows(scope).records.get(id))

    def job(self, scope: Scope, id: str) -> Job | None:
        """Return one job, if known."""
        return _as(Job, self.jobs(scope).records.get(id))


def _as(kind: type[R], record: Record | None) -> R | None:
    return record if isinstance(record, kind) else None


NONE: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What one `apply`, `set_health` or `set_pending` changed, and the snapshot after it.

    `acted_on` are the targets of actions that went on. With no refs at all and no `health_changed`,
    a partition's own state moved: it became complete, is no
    longer from history, or its trouble changed.
    """

    snapshot: Snapshot
    added: frozenset[Ref] = NONE
    updated: frozenset[Ref] = NONE
    removed: frozenset[Ref] = NONE
    health_changed: bool = False
    acted_on: frozenset[Ref] = NONE

    @property
    def refs(self) -> frozenset[Ref]:
        """All refs that it is about."""
        return self.added | self.updated | self.removed
