"""The engine on the real adapter on the emulator: runs start, fail and are explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.backends.adobe.backend import AdobeBackend
from qsui.backends.options import ConnectionOptions
from qsui.domain.facts import Verdict
from qsui.domain.models import Run
from qsui.domain.secret import Secret
from qsui.domain.states import RunState
from qsui.live.engine import Engine
from qsui.live.store import Store
from qsui.live.verdicts import Verdicts
from tests.support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORG_ID,
    SANDBOX,
    Emulator,
    EmulatorClock,
)

if TYPE_CHECKING:
    from qsui.domain.models import Schedule

pytestmark = pytest.mark.anyio


def named(store: Store, engine: Engine, name: str) -> Schedule:
    records = store.snapshot.schedules(engine.scope).records
    return next(
        s for id in records if (s := store.snapshot.schedule(engine.scope, id)) and s.name == name
    )


def runs_of(store: Store, engine: Engine, schedule: Schedule) -> list[Run]:
    records = store.snapshot.runs(engine.scope, schedule.id).records.values()
    return [record for record in records if isinstance(record, Run)]


@pytest.mark.parametrize("manner", ["docs", "oas", "2020"])
async def test_a_failure_is_found_explained_and_judged(manner: str) -> None:
    async with Emulator(manner=manner) as emulator:
        options = ConnectionOptions(
            profile="emu",
            base_url=emulator.url,
            token_url=f"{emulator.url}/ims/token/v3",
            org_id=ORG_ID,
            client_id=CLIENT_ID,
            client_secret=Secret(CLIENT_SECRET),
            sandbox=SANDBOX,
            allow_http=True,
        )
        clock = EmulatorClock(emulator)
        backend = AdobeBackend(options, clock, inner=emulator.transport())
        store = Store()
        engine = Engine(backend, store, clock=clock)
        verdicts = Verdicts(store, engine.scope, clock)
        try:
            assert (await engine.poll_once())[0] == "schedules"
            assert store.snapshot.health[engine.scope.label].state == "live"
            merge = named(store, engine, "profile_merge")
            facts = verdicts.facts(merge.id)
            assert facts.verdict is Verdict.FAILED
            assert facts.last_final is not None
            known = set(store.snapshot.runs(engine.scope, merge.id).records)

            await emulator.advance(570)
            await engine.poll_once()
            fresh = [r for r in runs_of(store, engine, merge) if r.id not in known]
            assert [run.state for run in fresh] == [RunState.RUNNING]
            assert verdicts.facts(merge.id).active == fresh[0]

            await emulator.advance(60)
            await engine.poll_once()
            failed = store.snapshot.run(engine.scope, merge.id, fresh[0].id)
            assert failed is not None
            assert failed.state is RunState.FAILED
            assert failed.tasks
            assert failed.error is not None
            assert "no_such_table" in failed.error.message
            assert not failed.error_is_likely
            assert verdicts.facts(merge.id).last_final == failed
        finally:
            await backend.aclose()
