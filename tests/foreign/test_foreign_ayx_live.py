"""The live engine and the dashboard on Alteryx Servers that our emulator has no part in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from qsui.domain.models import Kind
from qsui.domain.states import RunState
from tests.foreign import ayx_facts as facts
from tests.foreign.ayx_peers import AYX_PEERS
from tests.foreign.ayx_server import AyxServer, ayx_server
from tests.foreign.ayx_watching import ayx_dashboard, ayx_session, read_all, settle, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.pilot import Pilot

    from qsui.domain.jobs import Job
    from qsui.tui.app import QsuiApp
    from qsui.tui.options import Session

STATES = {
    "Queued": RunState.QUEUED,
    "Running": RunState.RUNNING,
    "Cancelled": RunState.CANCELLED,
    "Success": RunState.SUCCESS,
    "Warning": RunState.WARNING,
    "Error": RunState.FAILED,
}


@pytest.fixture(params=AYX_PEERS, ids=lambda peer: peer.name)
def server(request: pytest.FixtureRequest) -> Iterator[AyxServer]:
    with ayx_server(request.param) as running:
        yield running


def true_state(job: facts.Job) -> RunState:
    return STATES[job.outcome if job.state == "Completed" else job.state]


def jobs_in(session: Session) -> dict[str, Job]:
    records = session.store.snapshot.partition(session.scope, Kind.JOB, "").records
    return {id: job for id, job in records.items()}  # type: ignore[misc]  # noqa: C416


async def _watch(server: AyxServer) -> None:
    session = ayx_session(server)
    try:
        await read_all(session, minutes=4)
        snapshot = session.store.snapshot
        schedules = snapshot.schedules(session.scope)
        assert {getattr(one, "name", "") for one in schedules.records.values()} == {
            row.name for row in facts.schedules()
        }
        assert schedules.trouble is None
        known = {server.state.job_id(job): job for job in server.state.jobs}
        seen = jobs_in(session)
        assert set(seen) <= set(known)
        for id, job in seen.items():
            assert job.state in (true_state(known[id]), RunState.ENDED), (known[id].key, job.state)
        newest = next(id for id, job in known.items() if job.key == "load-1")
        if newest in seen:
            assert seen[newest].state is RunState.FAILED
        if server.habits.release == "current":
            assert {known[id].key for id in seen} >= {"long-1", "waiting-1", "waiting-2", "load-1"}
        assert session.book is not None
        assert session.book.jobs_of("") == ()  # what tells no workflow is of no schedule
        assert server.state.taken == []
    finally:
        await session.aclose()


def test_the_engine_learns_what_is_so_and_writes_nothing(server: AyxServer) -> None:
    asyncio.run(_watch(server))


def test_what_ends_while_it_is_watched_is_seen_to_end() -> None:
    async def watch(server: AyxServer) -> None:
        session = ayx_session(server)
        try:
            await read_all(session, minutes=1)
            long = next(job for job in server.state.jobs if job.key == "long-1")
            long.state, long.outcome, long.messages = "Completed", "Error", facts.FAILED_LOG
            await read_all(session, minutes=3)
            seen = jobs_in(session)[server.state.job_id(long)]
            assert seen.state is RunState.FAILED
        finally:
            await session.aclose()

    for peer in AYX_PEERS:
        if peer.release == "current":
            with ayx_server(peer) as server:
                asyncio.run(watch(server))


async def _press(app: QsuiApp, pilot: Pilot[None], *keys: str) -> str:
    for key in keys:
        await pilot.press(key)
        await settle(app, pilot)
    return text_of(app)


def test_the_dashboard_shows_schedules_workflows_jobs_and_why_one_failed(
    server: AyxServer,
) -> None:
    async def look() -> None:
        async with ayx_dashboard(server) as (app, pilot):
            shown = await _press(app, pilot, "2")
            for row in facts.schedules():
                assert row.name in shown
            assert "unknown" not in shown
            shown = await _press(app, pilot, "5")
            assert "runs" in shown
            # An older list of last jobs may leave out of which workflow each is.
            is_told = server.habits.app_id == "present" or server.habits.release == "current"
            assert (facts.LONG.name in shown) is is_told
            shown = await _press(app, pilot, "b")
            for workflow in facts.WORKFLOWS:
                assert workflow.name in shown
            if not is_told:
                return
            shown = await _press(app, pilot, "b", "slash", *"load", "enter", "enter")
            assert facts.BAD_JOIN in shown
            assert "14 records were read" in shown
            assert server.state.taken == []

    asyncio.run(look())
