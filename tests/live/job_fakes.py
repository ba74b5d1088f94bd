"""A server of workflows and jobs in memory, which lists jobs in the way that a test says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from qsui.domain.errors import ApiError, Forbidden, NotFound
from qsui.domain.jobs import (
    Ability,
    Capabilities,
    Job,
    JobMessage,
    Person,
    PlannedRun,
    Severity,
    Workflow,
)
from qsui.domain.models import Kind, Ref, Schedule, Scope
from qsui.domain.ports import Page, TokenInfo
from qsui.domain.ports_workflows import ALL_JOBS, JobFilter
from qsui.domain.states import RunState, ScheduleState
from tests.live.fakes import HOUR, MINUTE, NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from qsui.live.jobs.knowledge import ListMode

AYX = Scope("ayx", "", "key-of-ayx")


def ref(kind: Kind, id: str) -> Ref:
    return Ref(AYX.profile, AYX.sandbox, kind, "", id)


def workflow(id: str, **more: Any) -> Workflow:
    return Workflow(ref(Kind.WORKFLOW, id), f"name of {id}", **more)


def job(
    id: str,
    state: RunState = RunState.RUNNING,
    *,
    of: str = "w1",
    queued: datetime = NOON,
    waited: timedelta = timedelta(seconds=5),
    took: timedelta | None = None,
    **more: Any,
) -> Job:
    """A job as a list tells it; one that is over took a minute unless told otherwise."""
    started = None if state in (RunState.QUEUED, RunState.STARTING) else queued + waited
    is_over = not state.is_active
    span = (took or MINUTE) if is_over else None
    plain: dict[str, Any] = {
        "workflow_id": of,
        "workflow_name": f"name of {of}",
        "queued_at": queued,
        "started_at": started,
        "ended_at": started + span if started and span else None,
        "seen_duration": span,
    }
    return Job(ref(Kind.JOB, id), state, state.value.title(), **(plain | more))


def schedule(id: str, *, of: str = "w1", **more: Any) -> Schedule:
    plain: dict[str, Any] = {
        "state": ScheduleState.ENABLED,
        "raw_state": "",
        "cron": "",
        "created_at": NOON - 30 * 24 * HOUR,
        "updated_at": NOON - 24 * HOUR,
        "runs_workflow": True,
        "workflow_id": of,
        "cadence_words": "Daily",
        "next_run_at": NOON + HOUR,
        "last_run_at": NOON - 23 * HOUR,
    }
    return Schedule(ref(Kind.SCHEDULE, id), f"name of {id}", **(plain | more))


def message(text: str, severity: Severity = Severity.INFO, tool: int = 1) -> JobMessage:
    codes = {Severity.INFO: 1, Severity.WARNING: 2, Severity.ERROR: 3}
    return JobMessage(severity, codes.get(severity, 4), tool, text)


class FakeServer:
    """Holds jobs whole; lists show them without logs and, if `hides_outcomes`, as `ENDED`.

    `failures` maps the start of a request's name (`jobs`, `job:j1`) to what it raises.
    """

    def __init__(self, clock: FakeClock, *, mode: ListMode | str = "all") -> None:
        self.clock = clock
        self.scope = AYX
        self.server_offset = timedelta()
        self.token = TokenInfo(None, can_renew=True)
        self.mode = str(mode)
        self.capabilities = Capabilities()
        self.workflows_by_id: dict[str, Workflow] = {}
        self.jobs_by_id: dict[str, Job] = {}
        self.schedules_by_id: dict[str, Schedule] = {}
        self.users: tuple[Person, ...] = ()
        self.hides_outcomes = False
        self.failures: dict[str, ApiError] = {}
        self.requests: list[tuple[datetime, str]] = []
        self.most_in_flight = 0
        self._in_flight = 0

    def put(self, *records: Workflow | Job | Schedule) -> None:
        for record in records:
            if isinstance(record, Workflow):
                self.workflows_by_id[record.id] = record
            elif isinstance(record, Job):
                self.jobs_by_id[record.id] = record
            else:
                self.schedules_by_id[record.id] = record

    def end(self, id: str, state: RunState, *messages: JobMessage) -> None:
        """Let a job end now."""
        known = self.jobs_by_id[id]
        self.put(
            replace(known, state=state, raw_state="Completed", messages=messages or known.messages)
        )

    def names(self) -> list[str]:
        return [name for _, name in self.requests]

    def count(self, start: str) -> int:
        return sum(name.startswith(start) for name in self.names())

    async def _ask(self, name: str) -> None:
        self.requests.append((self.clock.now(), name))
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            await asyncio.sleep(0)
        finally:
            self._in_flight -= 1
        for start, error in self.failures.items():
            if name.startswith(start):
                raise error

    def _listed(self, one: Job) -> Job:
        plain = replace(one, messages=None, outputs=None)
        if self.hides_outcomes and plain.state.is_final:
            return replace(plain, state=RunState.ENDED, raw_state="Completed")
        return plain

    async def workflows(self, *, cap: int | None = None) -> AsyncIterator[Page[Workflow]]:
        await self._ask("workflows")
        yield Page(tuple(self.workflows_by_id.values())[:cap], is_last=True)

    async def workflow(self, id: str) -> Workflow:
        await self._ask(f"workflow:{id}")
        if id not in self.workflows_by_id:
            raise NotFound("no such workflow", status=404)
        return replace(self.workflows_by_id[id], is_whole=True)

    async def schedules(
        self, *, newest_change_first: bool = False, cap: int | None = None
    ) -> AsyncIterator[Page[Schedule]]:
        del newest_change_first
        await self._ask("schedules")
        yield Page(tuple(self.schedules_by_id.values())[:cap], is_last=True)

    async def schedule(self, id: str) -> Schedule:
        await self._ask(f"schedule:{id}")
        if id not in self.schedules_by_id:
            raise NotFound("no such schedule", status=404)
        return self.schedules_by_id[id]

    async def jobs(
        self, where: JobFilter = ALL_JOBS, *, cap: int | None = None
    ) -> AsyncIterator[Page[Job]]:
        rows = sorted(
            self.jobs_by_id.values(), key=lambda one: (one.queued_at or NOON, one.id), reverse=True
        )
        if where.workflow_ids:
            await self._ask(f"jobs of:{where.workflow_ids[0]}")
            yield Page(tuple(j for j in rows if j.workflow_id in where.workflow_ids), is_last=True)
            return
        is_all = self.mode == "all"
        self.capabilities = replace(
            self.capabilities,
            job_list=Ability.YES if is_all else Ability.MISSING,
            last_job_per_workflow=Ability.UNTRIED
            if is_all
            else Ability.YES
            if self.mode == "last"
            else Ability.FORBIDDEN,
        )
        if self.mode == "named":
            raise Forbidden("this key may not list all jobs", status=401)
        if self.mode == "last":
            await self._ask("jobs:last")
            newest: dict[str, Job] = {}
            for row in rows:
                newest.setdefault(row.workflow_id, row)
            yield Page(tuple(self._listed(one) for one in newest.values()), is_last=True)
            return
        await self._ask("jobs:open")
        active = tuple(self._listed(one) for one in rows if one.state.is_active)
        yield Page(active[:cap], is_last=where.open_only)
        over = [self._listed(one) for one in rows if not one.state.is_active]
        for start in range(0, max(1, len(over)), 100):
            await self._ask(f"jobs:{start}")
            yield Page(tuple(over[start : start + 100]), start + 100 >= len(over))

    async def job(self, id: str, *, workflow_id: str = "") -> Job:
        await self._ask(f"job:{id}")
        if id not in self.jobs_by_id:
            raise NotFound("no such job", status=404)
        found = self.jobs_by_id[id]
        return replace(
            found,
            workflow_id=found.workflow_id or workflow_id,
            messages=found.messages or (),
            outputs=found.outputs or (),
        )

    async def job_messages(self, id: str) -> tuple[JobMessage, ...]:
        return (await self.job(id)).messages or ()

    async def people(self) -> tuple[Person, ...]:
        await self._ask("people")
        return self.users

    async def planned_runs(self, after: datetime, before: datetime) -> tuple[PlannedRun, ...]:
        del after, before
        return ()

    async def probe(self) -> Capabilities:
        return self.capabilities

    async def raw(self, ref: Ref) -> bytes:
        return ref.id.encode()

    async def aclose(self) -> None:
        return None
