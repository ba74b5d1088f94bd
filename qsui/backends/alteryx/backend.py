"""An Alteryx Server as the ports want it: reads and writes of one profile."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.backends.alteryx import wire
from qsui.backends.alteryx.abilities import Abilities
from qsui.backends.alteryx.calls import Calls, Memory, sliced
from qsui.backends.alteryx.checks import check_connection
from qsui.backends.alteryx.convert import planned_of, workflow_of
from qsui.backends.alteryx.job_lists import JobLists
from qsui.backends.alteryx.job_reads import JobReads
from qsui.backends.alteryx.names import Names
from qsui.backends.alteryx.schedule_lists import ScheduleFacts, ScheduleLists, newest_first
from qsui.backends.alteryx.sent import Sent
from qsui.backends.alteryx.transport import ServerTransport
from qsui.backends.alteryx.writing import Writer
from qsui.backends.options import check_url, scope_key
from qsui.backends.times import format_time
from qsui.domain.addresses import web_api_url
from qsui.domain.models import Kind, Scope
from qsui.domain.ports import Page
from qsui.domain.ports_workflows import ALL_JOBS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import datetime, timedelta

    import httpx

    from qsui.backends.checks import Check
    from qsui.backends.options import ConnectionOptions
    from qsui.domain.actions import Action, Verb
    from qsui.domain.jobs import Capabilities, Job, JobMessage, Person, PlannedRun, Workflow
    from qsui.domain.models import Ref, Schedule
    from qsui.domain.ports import Accepted, Clock, Outgoing, TokenInfo
    from qsui.domain.ports_workflows import JobFilter

_PATHS = {
    Kind.SCHEDULE: "v3/schedules/{}",
    Kind.WORKFLOW: "v3/workflows/{}",
    Kind.JOB: "v3/jobs/{}",
}


class AlteryxBackend:
    """One Alteryx Server; meets `WorkflowServerBackend`.

    `inner` replaces the network (tests).

    Raises:
        ConfigError: An option cannot work; the message names the setting.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        clock: Clock,
        *,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        options = replace(options, base_url=web_api_url(options.base_url))
        check_url(options.base_url, "base_url", allow_http=options.allow_http)
        key = scope_key(options.backend, options.base_url, "", "")
        self._scope = Scope(options.profile, "", key)
        self._clock = clock
        label = self._scope.label
        self._transport = ServerTransport(options, clock, where=label, inner=inner)
        self._calls = Calls(self._transport, label)
        self._abilities = Abilities(clock)
        self._memory = Memory()
        self._facts = ScheduleFacts()
        self._names = Names(self._calls, self._abilities, self._memory, self._scope, clock)
        self._schedules = ScheduleLists(self._calls, self._memory, self._facts, self._scope, clock)
        self._job_lists = JobLists(self._calls, self._abilities, self._memory, self._scope)
        self._writer = Writer(
            self._transport, self._scope, self._abilities, self._facts, self._server_now
        )
        self._sent = Sent(self._transport, self._calls, self._abilities, self._facts, clock)
        self._jobs = JobReads(
            self._calls, self._abilities, self._memory, self._sent, self._scope, clock
        )

    @property
    def scope(self) -> Scope:
        """The profile; there is no sandbox."""
        return self._scope

    @property
    def token(self) -> TokenInfo:
        """The state of the bearer token."""
        return self._transport.token

    @property
    def server_offset(self) -> timedelta:
        """Server time minus local time, to about a second; zero until an answer came."""
        return self._transport.server_offset

    @property
    def capabilities(self) -> Capabilities:
        """What was found out so far about server and key."""
        return self._abilities.known

    def on_request(self, callback: Callable[[str], None]) -> None:
        """Call back with `METHOD path` for every request that leaves, retries and token too."""
        self._transport.on_request(callback)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def check(self) -> tuple[Check, ...]:
        """Try token, role and schedules with one cheap call each; never raises."""

        async def count() -> int:
            found, _ = await self._schedules.listed()
            return len(found)

        return await check_connection(self._transport, self.probe, count)

    async def probe(self) -> Capabilities:
        """Find out whether the server lists all jobs, else the last ones; asks once.

        What only a write could tell stays untried.
        """
        await self._job_lists.probe()
        return self._abilities.known

    async def schedules(
        self, *, newest_change_first: bool = False, cap: int | None = None
    ) -> AsyncGenerator[Page[Schedule], None]:
        """Yield all in one page, newest first by creation, or by change."""
        await self._names.learn_people()
        await self._names.learn_workflows()
        found, bad = await self._schedules.listed()
        ordered = newest_first(found, by_change=newest_change_first)
        yield Page(tuple(ordered[:cap]), is_last=True, bad=bad)

    async def schedule(self, id: str) -> Schedule:
        """Read one; raises `NotFound`."""
        await self._names.learn_people()
        return await self._schedules.one(id)

    async def workflows(self, *, cap: int | None = None) -> AsyncGenerator[Page[Workflow], None]:
        """Yield all in one page, in the server's order."""
        await self._names.learn_people()
        found, bad = await self._names.workflows()
        yield Page(found[:cap], is_last=True, bad=bad)

    async def workflow(self, id: str) -> Workflow:
        """Read one with its published version; raises `NotFound`."""
        await self._names.learn_people()
        row = await self._calls.row("v3/workflows/{}", wire.WORKFLOW, what="that workflow", id=id)
        found = workflow_of(row, self._scope, owners=self._memory.people, whole=True)
        self._memory.workflows[found.id] = found.name
        return found

    async def jobs(
        self, where: JobFilter = ALL_JOBS, *, cap: int | None = None
    ) -> AsyncGenerator[Page[Job], None]:
        """Yield pages by the best list that server and key allow; see `ListsJobs.jobs`."""
        async with aclosing(self._job_lists.pages(where, cap)) as pages:
            async for page in pages:
                if any(not job.workflow_name for job in page.records):
                    await self._names.learn_workflows()
                records = tuple(await sliced(page.records, self._memory.completed))
                yield replace(page, records=records)

    async def job(self, id: str, *, workflow_id: str = "") -> Job:
        """Read one with messages and outputs; raises `NotFound`."""
        found = await self._jobs.one(id, workflow_id)
        if found.workflow_id:
            return found
        await self._names.learn_workflows()
        return await self._job_lists.placed(found)

    async def job_messages(self, id: str) -> tuple[JobMessage, ...]:
        """Read a job's log in the server's order; raises `NotFound`."""
        return (await self._jobs.one(id)).messages or ()

    async def people(self) -> tuple[Person, ...]:
        """Read all users; raises `Forbidden` if this key may not."""
        return await self._names.people()

    async def planned_runs(self, after: datetime, before: datetime) -> tuple[PlannedRun, ...]:
        """Read what schedules have ahead in a window of at most 45 days, soonest first."""
        params = (("afterDate", format_time(after)), ("beforeDate", format_time(before)))
        with self._abilities.trying("forecast"):
            rows, _ = await self._calls.rows(
                "admin/v2/schedule/forecast",
                wire.PLANNED,
                what="the forecast of schedules",
                params=params,
            )
        return planned_of(rows)

    async def raw(self, ref: Ref) -> bytes:
        """Return the body of the record's detail call, untouched."""
        answer = await self._transport.get(_PATHS[ref.kind], (ref.id,), what=f"that {ref.kind}")
        return answer.body

    def offers(self, verb: Verb, kind: Kind) -> str:
        """Return why this server cannot do a verb on such records at all; empty if it can."""
        return self._writer.offers(verb, kind)

    def outgoing(self, action: Action) -> tuple[Outgoing, ...]:
        """Return the one write that an action is; a schedule must have been read before.

        Raises:
            ConfigError: This server cannot do it, or the target is of another scope or not known.
        """
        return self._writer.outgoing(action)

    async def send(self, outgoing: Outgoing) -> Accepted:
        """Send one write, once, over a connection of its own; see `SendsActions.send`.

        A task that is cancelled meanwhile ends with `CancelledError`, which does not tell whether
        the request left: count it as unknown.
        """
        return await self._sent.send(outgoing)

    def _server_now(self) -> datetime:
        return self._clock.now() + self.server_offset
