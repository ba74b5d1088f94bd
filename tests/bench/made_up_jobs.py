"""Jobs, workflows and schedules of an Alteryx Server that were made up, as `made_up` for queries.

The engine is there but never runs.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from qsui.domain.jobs import Job, JobMessage, Severity, Workflow
from qsui.domain.models import Kind, Ref, Schedule, Scope
from qsui.domain.states import RunState, ScheduleState
from qsui.tui.app import QsuiApp
from qsui.tui.options import DashboardOptions, LiveScope, Session
from tests.bench.made_up import SUBJECTS, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.domain.actions import Verb
    from qsui.live.store import Store

SCOPE = Scope("bench", "", "key-of-bench-jobs")
STATES = (RunState.SUCCESS,) * 14 + (RunState.FAILED, RunState.WARNING, RunState.CANCELLED)
RUNNING = 4
FAULT = (JobMessage(Severity.ERROR, 3, 7, 'Formula (7): the field "amount" is not there'),)


def jobs(count: int, queued: int, workflows: int, now: datetime) -> Iterator[Job]:
    """Yield jobs of the last 30 days; the newest wait, and four of them run."""
    numbers = random.Random(7)  # noqa: S311  # repeatable
    for number in range(count):
        state = numbers.choice(STATES)
        at = now - timedelta(seconds=numbers.uniform(4_000, 30 * 86_400))
        if number < queued:
            state, at = RunState.QUEUED, now - timedelta(seconds=5 + number * 3)
        elif number < queued + RUNNING:
            state, at = RunState.RUNNING, now - timedelta(minutes=70)
        of = number * 13 % workflows
        started = None if state is RunState.QUEUED else at + timedelta(seconds=4)
        took = timedelta(seconds=numbers.uniform(2, 600))
        yield Job(
            ref=Ref(SCOPE.profile, "", Kind.JOB, "", f"j-{number:08d}"),
            state=state,
            raw_state="Queued" if state is RunState.QUEUED else "Completed",
            workflow_id=f"w-{of:06d}",
            workflow_name=f"{SUBJECTS[of % 8]}_{of:05d}",
            queued_at=at,
            started_at=started,
            ended_at=started + took if started and not state.is_active else None,
            seen_duration=None if state.is_active else took,
            priority="Default",
            messages=FAULT if state is RunState.FAILED else None,
        )


def workflows(count: int, now: datetime) -> Iterator[Workflow]:
    """Yield workflows."""
    for number in range(count):
        yield Workflow(
            ref=Ref(SCOPE.profile, "", Kind.WORKFLOW, "", f"w-{number:06d}"),
            name=f"{SUBJECTS[number % 8]}_{number:05d}",
            owner_id=f"u{number % 40}",
            created_at=now - timedelta(days=200),
        )


def schedules(count: int, workflows: int, now: datetime) -> Iterator[Schedule]:
    """Yield schedules, each of a workflow of its own."""
    for number in range(count):
        of = number * 7 % workflows
        yield Schedule(
            ref=Ref(SCOPE.profile, "", Kind.SCHEDULE, "", f"s-{number:06d}"),
            name=f"{SUBJECTS[of % 8]}_nightly_{number:04d}",
            state=ScheduleState.ENABLED,
            raw_state="",
            cron="",
            created_at=now - timedelta(days=90),
            runs_workflow=True,
            workflow_id=f"w-{of:06d}",
            cadence_words="Daily",
            next_run_at=now + timedelta(minutes=number),
            last_run_at=now - timedelta(hours=20),
        )


def load(store: Store, jobs_count: int, queued: int, now: datetime) -> None:
    """Put all of them into a store, each kind as one read of its whole list."""
    many = 2_500
    for kind, records in (
        (Kind.SCHEDULE, tuple(schedules(250, many, now))),
        (Kind.WORKFLOW, tuple(workflows(many, now))),
        (Kind.JOB, tuple(jobs(jobs_count, queued, many, now))),
    ):
        store.apply(SCOPE, kind, "", records, replace=True, read_at=now, is_complete=True)


def session(jobs_count: int, queued: int = 300) -> Session:
    """A session on 250 schedules, 2,500 workflows and so many jobs, of which `queued` wait."""
    from qsui.live.control import Control
    from qsui.live.jobs.book import JobBook
    from qsui.live.jobs.engine import JobEngine
    from qsui.live.jobs.verdicts import JobVerdicts
    from qsui.live.store import Store
    from tests.live.fakes import FakeClock
    from tests.live.job_fakes import FakeServer

    class Server(FakeServer):
        def offers(self, verb: Verb, kind: Kind) -> str:  # noqa: ARG002  # a port
            return ""

    clock, store = Clock(), Store()
    server: Any = Server(FakeClock())  # it sends nothing: a part of the port
    server.scope = SCOPE
    engine = JobEngine(server, store, clock=clock)
    load(store, jobs_count, queued, datetime.now(UTC))
    book = JobBook(store, SCOPE)
    verdicts = JobVerdicts(store, SCOPE, clock, book)

    async def aclose() -> None:
        verdicts.close()

    control = Control(engine, store, server, None, clock)
    return Session(SCOPE, clock, server, store, engine, verdicts, control, aclose, None, book)


def dashboard(opened: Session, first: str = "jobs") -> QsuiApp:
    """The dashboard on a session, starting with a list; one such list per process."""

    async def open_session() -> Session:
        return opened

    QsuiApp.FIRST_LIST = first
    scope = LiveScope(SCOPE.profile, "", open_session, has_jobs=True)
    return QsuiApp(DashboardOptions((scope,), wants_poll=False))
