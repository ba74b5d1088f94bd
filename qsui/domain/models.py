"""The records that every layer passes around: frozen, without a vendor's spelling in them.

All times are aware UTC `datetime`. `None` means "not sent or not known", never "zero".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from qsui.domain.jobs import Job, Workflow
from qsui.domain.states import RunState

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.domain.states import ScheduleState


class Kind(StrEnum):
    """What a record is; also the word for it on the command line (plural `s` added there)."""

    SCHEDULE = "schedule"
    RUN = "run"
    QUERY = "query"
    TEMPLATE = "template"
    WORKFLOW = "workflow"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Scope:
    """One profile with one sandbox; what an answer is tagged with.

    `key` is the SHA-256 (hex) of backend, normalised base URL, org and sandbox: what stored rows
    carry, so that a profile pointed elsewhere starts empty.
    """

    profile: str
    sandbox: str
    key: str = ""

    @property
    def label(self) -> str:
        """`profile/sandbox`, as in the header."""
        return f"{self.profile}/{self.sandbox}" if self.sandbox else self.profile


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The identity of a record.

    `parent` is the schedule id of a run, else empty: a run id encodes only its slot, so all
    schedules that fire at 02:00 have a run of the same id.
    """

    profile: str
    sandbox: str
    kind: Kind
    parent: str
    id: str


@dataclass(frozen=True, slots=True)
class QueryError:
    """One error of a failed query.

    `message` is the innermost reason, `raw` the text as sent, `remedy` what a person can do (empty
    if nothing is known). `type` is
    `USER_ERROR`, `SYSTEM_ERROR` or empty.
    """

    code: str
    type: str
    message: str
    raw: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduled query.

    `sql` holds at most 200 characters in records that come from a list (`sql_is_cut` says so).
    `parameters` are (name without `$`, value); `insert_into` is the dataset that rows are added to,
    `ctas` the dataset that is made, by request and not by the SQL.

    With `runs_workflow` it is a schedule of an Alteryx Server: it runs `workflow_id` (empty: that
    was deleted), `cadence_words` is the server's own text, `cron` is empty where the server does
    not tell the recurrence and counts in `time_zone` (empty: UTC), `next_run_at` is what the server
    says. `can_edit` is false if this key may not change it.
    """

    ref: Ref
    name: str
    state: ScheduleState
    raw_state: str
    cron: str
    sql: str = ""
    sql_is_cut: bool = False
    start_at: datetime | None = None
    end_at: datetime | None = None
    max_active_runs: int = 1
    owner: str = ""
    updated_by: str = ""
    description: str = ""
    template_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    insert_into: str = ""
    ctas: str = ""
    runs_workflow: bool = False
    workflow_id: str = ""
    workflow_name: str = ""
    cadence_words: str = ""
    time_zone: str = ""
    next_run_at: datetime | None = None
    last_run_at: datetime | None = None
    last_error: str = ""
    run_count: int | None = None
    priority: str = ""
    worker_tag: str = ""
    worker: str = ""
    can_edit: bool | None = None

    @property
    def id(self) -> str:
        """The server's id."""
        return self.ref.id


@dataclass(frozen=True, slots=True)
class Task:
    """One statement of a run, from `taskStatusList`."""

    id: str
    state: RunState
    raw_state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration: timedelta | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a schedule.

    `slot_at` is the logical time (from the decoded id, else `created`); `tasks` is `None` until the
    run's detail was read. `from_query` is true while its
    state is only known from a query row that links to it. `error` is the cause found by the join;
    `error_is_likely` marks a join by SQL and time alone.
    `query_id` is the query that the error or state came from.
    """

    ref: Ref
    state: RunState
    raw_state: str
    slot_at: datetime | None = None
    decoded_id: str = ""
    is_manual: bool | None = None
    tasks: tuple[Task, ...] | None = None
    seen_started_at: datetime | None = None
    seen_ended_at: datetime | None = None
    error: QueryError | None = None
    error_is_likely: bool = False
    query_id: str = ""
    from_query: bool = False

    @property
    def id(self) -> str:
        """The server's id (base64 of its slot)."""
        return self.ref.id

    @property
    def schedule_id(self) -> str:
        """The schedule it belongs to."""
        return self.ref.parent

    @property
    def started_at(self) -> datetime | None:
        """The first task's start, else what a query row said."""
        if not self.tasks:
            return self.seen_started_at
        starts = [t.started_at for t in self.tasks if t.started_at]
        return min(starts) if starts else self.seen_started_at

    @property
    def ended_at(self) -> datetime | None:
        """The last task's end once the run is final, else what a query row said.

        `None` while it is active.
        """
        if self.state.is_active:
            return None
        if not self.tasks:
            return self.seen_ended_at
        ends = [t.ended_at for t in self.tasks if t.ended_at]
        return max(ends) if ends else self.seen_ended_at

    @property
    def duration(self) -> timedelta | None:
        """From the first task's start to the last task's end; `None` unless both are known."""
        start, end = self.started_at, self.ended_at
        return end - start if start and end and end >= start else None

    def took(self, now: datetime) -> timedelta | None:
        """How long it took, or has run by `now` (server time); `None` if its start is not known."""
        if not self.state.is_active:
            return self.duration
        start = None if self.state is RunState.QUEUED else self.started_at
        return max(timedelta(0), now - start) if start else None


@dataclass(frozen=True, slots=True)
class Query:
    """One query, ad hoc or behind a run.

    In records that come from a list `sql` holds at most 200 characters and `effective_sql` is
    empty. `parameters`, `insert_into` and `ctas` as of a schedule.
    """

    ref: Ref
    state: RunState
    raw_state: str
    name: str = ""
    sql: str = ""
    sql_is_cut: bool = False
    effective_sql: str = ""
    description: str = ""
    template_id: str = ""
    template_name: str = ""
    elapsed: timedelta | None = None
    row_count: int | None = None
    client: str = ""
    user: str = ""
    schedule_id: str = ""
    run_id: str = ""
    datasets: tuple[str, ...] = ()
    is_ctas: bool = False
    is_insert: bool = False
    errors: tuple[QueryError, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    insert_into: str = ""
    ctas: str = ""

    @property
    def id(self) -> str:
        """The server's id (a UUID)."""
        return self.ref.id

    def took(self, now: datetime) -> timedelta | None:
        """How long it took as the server says, or since it was made while it is active."""
        if not self.state.is_active or self.created_at is None:
            return self.elapsed
        since_made = now - self.created_at
        return max(since_made, self.elapsed or since_made)


@dataclass(frozen=True, slots=True)
class Template:
    """A query template."""

    ref: Ref
    name: str
    sql: str
    parameters: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    updated_by: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def id(self) -> str:
        """The server's id (a UUID)."""
        return self.ref.id


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox the caller may use.

    `is_production` is `None` if its type was not readable: count that as production.
    """

    name: str
    title: str = ""
    is_production: bool | None = None
    is_active: bool = True


Record = Schedule | Run | Query | Template | Workflow | Job
