"""What stands for the server's side while that is still imported: rows come before it.

Screens hold a `Session` whose engine, control and backend are these. What needs an answer waits
for the real one; nothing is lost and nothing is refused that would not be refused anyway.
"""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

from qsui.domain.actions import refusal
from qsui.domain.jobs import Capabilities
from qsui.domain.ports import ListsSandboxes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from qsui.domain.actions import Action, Verb
    from qsui.domain.jobs import Job, Person, Workflow
    from qsui.domain.journal import Deed
    from qsui.domain.models import Kind, Query, Record, Ref, Run, Sandbox, Schedule, Template
    from qsui.domain.pending import Pending
    from qsui.domain.ports import Journal, Page, QueryServiceBackend
    from qsui.domain.ports_workflows import WorkflowServerBackend
    from qsui.domain.watch import Watch
    from qsui.live.control import Control
    from qsui.live.demands import Demands
    from qsui.live.engine import Engine
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.jobs.knowledge import ListMode
    from qsui.live.plans import Plan

T = TypeVar("T")
E = TypeVar("E", bound="Engine | JobEngine")
B = TypeVar("B", bound="QueryServiceBackend | WorkflowServerBackend")


class Late(Generic[T]):
    """Something that comes later; any number of callers may wait for it, on one loop."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._came = asyncio.Event()

    def set(self, value: T) -> None:
        """Hand it to all who wait."""
        self._value = value
        self._came.set()

    async def get(self) -> T:
        """Wait for it."""
        await self._came.wait()
        assert self._value is not None  # noqa: S101  # `set` was called
        return self._value


class _EarlyReads(Generic[E]):
    """Reads nothing; keeps what screens want, and lets who asks for a record wait."""

    def __init__(self, late: Late[E]) -> None:
        self._late = late
        self._demands: dict[str, Demands] = {}
        self.focused = True

    def demand(self, owner: str, demands: Demands | None) -> None:
        """Keep what a looker wants."""
        if demands is None:
            self._demands.pop(owner, None)
        else:
            self._demands[owner] = demands

    def refresh(self, everything: bool = False) -> None:
        """Do nothing: all that is visible will be read anyway."""
        del everything

    def hand_over(self, engine: E) -> None:
        """Let the real engine take up what was wanted, and go on those who wait."""
        engine.focused = self.focused
        for owner, demands in self._demands.items():
            engine.demand(owner, demands)
        self._late.set(engine)

    async def read_schedule(self, id: str) -> Schedule:
        """Read a schedule as soon as that can be done."""
        return await (await self._late.get()).read_schedule(id)


class EarlyEngine(_EarlyReads["Engine"]):
    """Stands for the engine of a scope with queries and runs."""

    def query_detail(self, id: str) -> Query | None:
        """Know none."""
        del id
        return None

    async def read_run(self, schedule_id: str, run_id: str) -> Run:
        """Read a run as soon as that can be done."""
        return await (await self._late.get()).read_run(schedule_id, run_id)

    async def read_query(self, id: str) -> Query:
        """Read a query as soon as that can be done."""
        return await (await self._late.get()).read_query(id)


class EarlyJobEngine(_EarlyReads["JobEngine"]):
    """Stands for the engine of a scope with workflows and jobs."""

    slots_seen = 0
    people: Mapping[str, Person] = MappingProxyType({})

    @property
    def list_mode(self) -> ListMode:
        """Know of no list that is not there."""
        from qsui.live.jobs.knowledge import ListMode

        return ListMode.ALL

    def job_detail(self, id: str) -> Job | None:
        """Know none."""
        del id
        return None

    async def read_job(self, id: str) -> Job:
        """Read a job as soon as that can be done."""
        return await (await self._late.get()).read_job(id)

    async def read_jobs(self, workflow_id: str) -> tuple[Job, ...]:
        """Read the newest jobs of a workflow as soon as that can be done."""
        return await (await self._late.get()).read_jobs(workflow_id)

    async def read_workflow(self, id: str) -> Workflow:
        """Read a workflow as soon as that can be done."""
        return await (await self._late.get()).read_workflow(id)


class EarlyBackend(Generic[B]):
    """Sends nothing; lets who asks wait."""

    def __init__(self, late: Late[B]) -> None:
        self._late = late

    async def raw(self, ref: Ref) -> bytes:
        """Return the body of a record's detail call."""
        return await (await self._late.get()).raw(ref)


class EarlyQueryService(EarlyBackend["QueryServiceBackend"]):
    """Stands for the backend of a scope with queries and runs."""

    async def sandboxes(self) -> tuple[Sandbox, ...]:
        """Read the sandboxes; a server without them has none."""
        backend = await self._late.get()
        return await backend.sandboxes() if isinstance(backend, ListsSandboxes) else ()

    async def template(self, id: str) -> Template:
        """Read a template."""
        return await (await self._late.get()).template(id)

    async def templates(self, *, cap: int | None = None) -> AsyncIterator[Page[Template]]:
        """Yield pages of templates."""
        backend = await self._late.get()
        async for page in backend.templates(cap=cap):
            yield page


class EarlyServer(EarlyBackend["WorkflowServerBackend"]):
    """Stands for the backend of a scope with workflows and jobs."""

    @property
    def capabilities(self) -> Capabilities:
        """Nothing was tried yet."""
        return Capabilities()


class EarlyControl:
    """Refuses by what is known without the server, and lets who plans an action wait.

    `open_journal` is called when a screen asks for the journal, and at most once. `read_only` is
    why nothing may be changed, empty if it may.
    """

    def __init__(
        self, late: Late[Control], open_journal: Callable[[], Journal | None], read_only: str
    ) -> None:
        self.read_only = read_only
        self._late = late
        self._open_journal = open_journal
        self._journal: Journal | None = None

    @property
    def journal(self) -> Journal | None:
        """The lines that outlive the process."""
        if self._journal is None:
            self._journal = self._open_journal()
        return self._journal

    def refusal(self, verb: Verb, record: Record) -> str:
        """Return why a verb is refused on a record."""
        return self.read_only or refusal(verb, record)

    def can_create(self, kind: Kind | None = None) -> str:
        """Return why nothing may be created."""
        del kind
        return self.read_only

    def deeds(self) -> tuple[Deed, ...]:
        """Know none yet."""
        return ()

    def watch_of(self, id: str) -> Watch | None:
        """Look for no effect yet."""
        del id
        return None

    async def prepare(self, actions: Sequence[Action]) -> Plan:
        """Say what would be sent, as soon as targets can be read."""
        return await (await self._late.get()).prepare(actions)

    async def prepare_undo(self, deed: Deed) -> Plan:
        """Prepare what puts an action back."""
        return await (await self._late.get()).prepare_undo(deed)

    async def perform(
        self, plan: Plan, *, reason: str = "", unrecorded: bool = False
    ) -> tuple[Pending, ...]:
        """Carry a plan out."""
        control = await self._late.get()
        return await control.perform(plan, reason=reason, unrecorded=unrecorded)
