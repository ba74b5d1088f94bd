"""What may be asked of an Alteryx Server, as small protocols; see `ports` for how they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from qsui.domain.ports import Connection, ListsSchedules, ReadsRaw, SendsActions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.domain.jobs import (
        Capabilities,
        Job,
        JobMessage,
        Person,
        PlannedRun,
        Workflow,
    )
    from qsui.domain.ports import Page


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list; all given parts must hold.

    `open_only`: those that wait, start or run. `workflow_ids` (empty: of all) cost calls for each
    where the server has no list of its own. `completed_since` cuts the list on the server by the
    day (UTC); jobs that are open always pass.
    """

    open_only: bool = False
    workflow_ids: tuple[str, ...] = ()
    completed_since: datetime | None = None


ALL_JOBS = JobFilter()


@runtime_checkable
class ListsWorkflows(Protocol):
    """Published workflows can be read."""

    def workflows(self, *, cap: int | None = None) -> AsyncIterator[Page[Workflow]]:
        """Yield all in one page, as the server sends them; can be thousands."""
        ...

    async def workflow(self, id: str) -> Workflow:
        """Read one with its published version; raises `NotFound`."""
        ...


@runtime_checkable
class ListsJobs(Protocol):
    """Jobs can be read."""

    def jobs(
        self, where: JobFilter = ALL_JOBS, *, cap: int | None = None
    ) -> AsyncIterator[Page[Job]]:
        """Yield pages, newest first where the server lists all; outcomes joined where known.

        Where it does not, the last job of every workflow (or the jobs of `workflow_ids`) come in
        one page. Without a cap at most 5,000 come, and the last page then has `is_last` false.

        Raises:
            Forbidden: This key may only read the jobs of workflows that are named.
        """
        ...

    async def job(self, id: str, *, workflow_id: str = "") -> Job:
        """Read one with messages and outputs; raises `NotFound`.

        `workflow_id` is used if the server does not say whose job it is.
        """
        ...


@runtime_checkable
class ReadsMessages(Protocol):
    """The log of a job can be read by itself."""

    async def job_messages(self, id: str) -> tuple[JobMessage, ...]:
        """Read it in the server's order; raises `NotFound`."""
        ...


@runtime_checkable
class ListsPeople(Protocol):
    """The server's users can be read."""

    async def people(self) -> tuple[Person, ...]:
        """Read all; raises `Forbidden` if this key may not."""
        ...


@runtime_checkable
class Forecasts(Protocol):
    """What schedules have ahead can be read."""

    async def planned_runs(self, after: datetime, before: datetime) -> tuple[PlannedRun, ...]:
        """Read the runs in a window (aware UTC) of at most 45 days, soonest first.

        Raises `Forbidden` if this key may not, `NotFound` if the server has no such call.
        """
        ...


@runtime_checkable
class TellsCapabilities(Protocol):
    """What the server can do differs between releases and keys."""

    @property
    def capabilities(self) -> Capabilities:
        """What was found out so far."""
        ...

    async def probe(self) -> Capabilities:
        """Find out what reads can tell; asks each question once per connection."""
        ...


@runtime_checkable
class WorkflowServerReads(
    Connection,
    ListsSchedules,
    ListsWorkflows,
    ListsJobs,
    ReadsMessages,
    ListsPeople,
    Forecasts,
    TellsCapabilities,
    ReadsRaw,
    Protocol,
):
    """All reads that an Alteryx Server offers."""


@runtime_checkable
class WorkflowServerBackend(WorkflowServerReads, SendsActions, Protocol):
    """All that an Alteryx Server offers."""
