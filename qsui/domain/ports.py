"""What the live engine and the screens may ask of the outside, as small protocols.

A backend offers some of them; callers ask by type (`isinstance(backend, ListsSchedules)`), never by
name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime, timedelta

    from qsui.domain.actions import Action, Verb
    from qsui.domain.jobs import Job, Workflow
    from qsui.domain.journal import Deed, Entry
    from qsui.domain.models import (
        Kind,
        Query,
        QueryError,
        Ref,
        Run,
        Sandbox,
        Schedule,
        Scope,
        Template,
    )

T = TypeVar("T")


class Clock(Protocol):
    """Time, injected so that tests can drive it."""

    def now(self) -> datetime:
        """Return the current time, aware UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a test's clock returns when it is advanced."""
        ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, in the order asked for.

    `bad` is the number of rows that could not be read even tolerantly; `is_last` is true if nothing
    more follows; `unchanged` is true if the body was the
    same as at the last call with the same parameters (then `records` is empty and was not parsed).
    """

    records: tuple[T, ...]
    is_last: bool
    bad: int = 0
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class QueryFilter:
    """What `GET /queries` can filter by; all given parts must hold."""

    updated_since: datetime | None = None
    created_since: datetime | None = None
    raw_state: str | None = None
    schedule_id: str | None = None
    run_id: str | None = None
    include_hidden: bool = False
    include_deleted: bool = False


EVERYTHING = QueryFilter()


@dataclass(frozen=True, slots=True)
class ErrorFound:
    """The cause of a failed run. `is_likely` is true if it was matched by SQL and time only."""

    error: QueryError
    query: Query
    is_likely: bool = False


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """The bearer token in use.

    `expires_at` is `None` until one was fetched or if it cannot be told.
    """

    expires_at: datetime | None
    can_renew: bool


@runtime_checkable
class Connection(Protocol):
    """What every backend has."""

    @property
    def scope(self) -> Scope:
        """Which profile and sandbox it speaks to."""
        ...

    @property
    def token(self) -> TokenInfo:
        """The state of the bearer token, for the header."""
        ...

    @property
    def server_offset(self) -> timedelta:
        """Server time (from `Date` headers) minus local time; zero until an answer came."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


@runtime_checkable
class ListsSchedules(Protocol):
    """Schedules can be read."""

    def schedules(
        self, *, newest_change_first: bool = False, cap: int | None = None
    ) -> AsyncIterator[Page[Schedule]]:
        """Yield pages of at most 100 until the end or until `cap` records were yielded."""
        ...

    async def schedule(self, id: str) -> Schedule:
        """Read one with its whole SQL; raises `NotFound`."""
        ...


@runtime_checkable
class ListsRuns(Protocol):
    """Runs of one schedule can be read."""

    def runs(
        self, schedule_id: str, *, cap: int | None = None, limit: int = 100
    ) -> AsyncIterator[Page[Run]]:
        """Yield pages, newest slot first; raises `NotFound` if the schedule is gone."""
        ...

    async def run(self, schedule_id: str, run_id: str) -> Run:
        """Read one with its tasks; `run_id` may be given encoded or decoded."""
        ...

    async def run_error(self, run: Run, schedule_sql: str = "") -> ErrorFound | None:
        """Find the error behind a failed run (design: join); `None` if no query can be matched.

        `run` must carry tasks for the "likely" match to be tried.
        """
        ...


@runtime_checkable
class ListsQueries(Protocol):
    """Queries can be read."""

    def queries(
        self,
        where: QueryFilter = EVERYTHING,
        *,
        newest_change_first: bool = False,
        cap: int | None = None,
    ) -> AsyncIterator[Page[Query]]:
        """Yield pages, newest first by creation, or by change."""
        ...

    async def query(self, id: str) -> Query:
        """Read one with its whole SQL; raises `NotFound`."""
        ...


@runtime_checkable
class ListsTemplates(Protocol):
    """Query templates can be read."""

    def templates(self, *, cap: int | None = None) -> AsyncIterator[Page[Template]]:
        """Yield pages, newest first."""
        ...

    async def template(self, id: str) -> Template:
        """Read one; raises `NotFound`."""
        ...


@runtime_checkable
class ListsSandboxes(Protocol):
    """The sandboxes of the organisation can be read."""

    async def sandboxes(self) -> tuple[Sandbox, ...]:
        """Read all that the caller may use; raises `Forbidden` if the list may not be read."""
        ...


@runtime_checkable
class ReadsRaw(Protocol):
    """A record can be read again as the server sends it."""

    async def raw(self, ref: Ref) -> bytes:
        """Return the body of the record's detail call, untouched."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One write as it will leave: what dialogs show, curl copies repeat and the journal keeps.

    `url` is absolute, `body` JSON text (empty: none), `headers` those that say which organisation
    and sandbox is meant. Nothing here is secret.
    """

    method: str
    url: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    what: str = ""

    @property
    def path(self) -> str:
        """The URL without scheme and host."""
        return "/" + self.url.split("://", 1)[-1].partition("/")[2]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took a write: its status, the id for support, its own words.

    `created_id` is the id of the record that a creation answered with, else empty.
    """

    status: int
    request_id: str = ""
    words: str = ""
    created_id: str = ""


@runtime_checkable
class SendsActions(Protocol):
    """Records can be acted upon."""

    def offers(self, verb: Verb, kind: Kind) -> str:
        """Return why this server cannot do a verb on such records at all; empty if it can."""
        ...

    def outgoing(self, action: Action) -> tuple[Outgoing, ...]:
        """Return the writes that an action is made of, in order; a delete may have two."""
        ...

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Send one write, once, over a connection of its own.

        Raises:
            OutcomeUnknown: It left, and no answer told what became of it.
            Unreachable: Nothing left this machine.
            ApiError: The server refused it (any other subclass).
            ConfigError: The profile is read-only; nothing left.
        """
        ...


class JournalError(OSError):
    """A line could not be written to the journal; the text says why."""


@runtime_checkable
class Journal(Protocol):
    """Lines that outlive the process; see `qsui.domain.journal`."""

    @property
    def trouble(self) -> str:
        """Why nothing can be written, as a sentence; empty if all is well."""
        ...

    def write(self, entry: Entry) -> None:
        """Append a line and flush it to the disk; raises `JournalError`."""
        ...

    def deeds(
        self, scope_key: str | None = None, *, since: datetime | None = None
    ) -> tuple[Deed, ...]:
        """Return actions of one scope (or all), oldest first; other processes' lines included."""
        ...


@runtime_checkable
class QueryServiceReads(
    Connection,
    ListsSchedules,
    ListsRuns,
    ListsQueries,
    ListsTemplates,
    ListsSandboxes,
    ReadsRaw,
    Protocol,
):
    """All reads that Query Service offers; what the live engine of such a profile stands on."""


@runtime_checkable
class QueryServiceBackend(QueryServiceReads, SendsActions, Protocol):
    """All that Query Service offers."""


@runtime_checkable
class History(Protocol):
    """Finished runs and jobs and last known lists that outlive the process.

    Never raises for a missing, full or broken store, but says so in `trouble`.
    """

    @property
    def trouble(self) -> str:
        """Why nothing is kept, as a sentence; empty if all is well."""
        ...

    def load_schedules(self, scope: Scope) -> tuple[tuple[Schedule, ...], datetime | None]:
        """Return the last known schedules and when they were read."""
        ...

    def save_schedules(
        self, scope: Scope, schedules: tuple[Schedule, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep schedules; with `replace`, forget those not given."""
        ...

    def load_runs(
        self, scope: Scope, since: datetime, *, per_schedule: int = 60
    ) -> tuple[Run, ...]:
        """Return kept runs with a slot since then.

        Newest first, at most `per_schedule` of each schedule.
        """
        ...

    def save_runs(self, scope: Scope, runs: tuple[Run, ...]) -> None:
        """Keep runs that are final; others are ignored."""
        ...

    def find_run(self, scope: Scope, run_id: str) -> tuple[Ref, ...]:
        """Return the refs of kept runs with that id, of any schedule."""
        ...

    def load_workflows(self, scope: Scope) -> tuple[tuple[Workflow, ...], datetime | None]:
        """Return the last known workflows and when they were read."""
        ...

    def save_workflows(
        self, scope: Scope, workflows: tuple[Workflow, ...], at: datetime, *, replace: bool
    ) -> None:
        """Keep workflows; with `replace`, forget those not given."""
        ...

    def load_jobs(
        self, scope: Scope, since: datetime, *, per_workflow: int = 60, most: int = 5000
    ) -> tuple[tuple[Job, ...], datetime | None]:
        """Return kept jobs that were queued since then, and when the last of any were kept.

        Newest first, at most `per_workflow` of each workflow and `most` in all. Logs come with jobs
        that failed or warned only, the worst of a long one (`log_is_cut`).
        """
        ...

    def save_jobs(self, scope: Scope, jobs: tuple[Job, ...], at: datetime) -> None:
        """Keep jobs that are over; others are ignored. The oldest of a workflow go when many."""
        ...

    def close(self) -> None:
        """Flush and close."""
        ...
