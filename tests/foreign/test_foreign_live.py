"""The live engine and the dashboard against servers that neither we nor our emulator wrote."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from qsui.domain.facts import Verdict
from qsui.domain.models import Kind, Query, Run
from qsui.domain.states import RunState
from tests.foreign import facts
from tests.foreign.peers import PEERS
from tests.foreign.server import Foreign, foreign
from tests.foreign.watching import dashboard, read_all, session_on, settle, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qsui.tui.options import Session

BY_NAME = {peer.name: peer for peer in PEERS}


@pytest.fixture(params=PEERS, ids=lambda peer: peer.name)
def server(request: pytest.FixtureRequest) -> Iterator[Foreign]:
    with foreign(request.param) as running:
        yield running


def _troubles(session: Session) -> list[str]:
    snapshot = session.store.snapshot
    partitions = [snapshot.schedules(session.scope), snapshot.queries(session.scope)]
    return [part.trouble.message for part in partitions if part.trouble]


async def _look(server: Foreign) -> None:
    session = session_on(server)
    try:
        await read_all(session)
        snapshot, scope = session.store.snapshot, session.scope
        assert set(snapshot.schedules(scope).records) == {s.id for s in facts.SCHEDULES}
        assert _troubles(session) == []
        for schedule in (facts.MERGE, facts.ODD_IDS, facts.BLOCK):
            failed = facts.RUNS[schedule.id][0]
            run = snapshot.run(scope, schedule.id, failed.id)
            assert isinstance(run, Run)
            assert run.state is RunState.FAILED
            assert run.error is not None
            assert run.error.message in (facts.REASON, facts.MISSING_TABLE)
            assert run.error_is_likely is (server.habits.run_links == "none")
        fine = snapshot.runs(scope, facts.FINE.id).records.values()
        assert {run.state for run in fine if isinstance(run, Run)} == {RunState.SUCCESS}
        queries = snapshot.partition(scope, Kind.QUERY, "").records.values()
        recent = {
            q.id for q in facts.QUERIES if (facts.NOW - q.created).total_seconds() < 23 * 3600
        }
        assert recent <= {query.id for query in queries if isinstance(query, Query)}
        judged = session.verdicts.facts(facts.MERGE.id)
        assert judged.verdict is Verdict.FAILED
        assert judged.streak == 3
    finally:
        await session.aclose()


def test_the_engine_finds_failures_and_their_causes(server: Foreign) -> None:
    asyncio.run(_look(server))


@pytest.mark.parametrize("name", ["spec", "sparse"])
def test_the_dashboard_shows_why_a_run_failed(name: str) -> None:
    async def look() -> None:
        with foreign(BY_NAME[name]) as server:
            async with dashboard(server) as (app, pilot):
                assert "Profile Merge" in text_of(app)
                for key in ("slash", *"merge", "enter", "m"):
                    await pilot.press(key)
                    await settle(app, pilot)
                shown = text_of(app)
                assert facts.REASON in shown
                assert "58000" in shown

    asyncio.run(look())
