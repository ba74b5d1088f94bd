"""Gates: long lists are judged and taken in slices, so that no key press waits for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from qsui.domain.facts import Verdict
from qsui.domain.models import Kind, Ref, Schedule, Scope
from qsui.domain.states import ScheduleState
from qsui.live.store import Store
from qsui.live.verdicts import FEW, Verdicts
from qsui.tui.screens.list_rows import MANY
from tests.support.dashboard import Dashboard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.pilot import Pilot

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)
SCOPE = Scope("acme", "prod", "key")


class Clock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def schedules(scope: Scope, count: int, *, cron: str = "0 4 * * *") -> Iterable[Schedule]:
    for number in range(count):
        ref = Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", f"s{number:05}")
        state = ScheduleState.ENABLED
        yield Schedule(ref, f"name {number:05}", state, state.value, cron, created_at=NOW)


def store_of(count: int) -> Store:
    store = Store()
    store.apply(SCOPE, Kind.SCHEDULE, "", schedules(SCOPE, count), read_at=NOW, is_complete=True)
    return store


async def test_facts_at_hand_judge_few_at_once_and_many_later() -> None:
    few, many = store_of(FEW), store_of(FEW + 1)
    judged_now = Verdicts(few, SCOPE, Clock())
    assert judged_now.at_hand("s00000").next_fire_at is not None
    assert judged_now.judged == 1

    judged_later = Verdicts(many, SCOPE, Clock())
    assert judged_later.at_hand("s00000").verdict is Verdict.UNREAD
    assert judged_later.judged == 0
    told: set[str] = set()
    judged_later.listen(told.update)
    await judged_later.settle()
    assert judged_later.judged == FEW + 1
    assert len(told) == FEW + 1
    assert judged_later.at_hand("s00000").next_fire_at is not None


async def slices_done(dash: Dashboard, pilot: Pilot[None]) -> None:
    for _ in range(400):
        await pilot.pause()
        groups = {worker.group for worker in dash.app.workers if not worker.is_finished}
        if not groups & {"catch-up", "settle", "rebuild"}:
            return
    raise AssertionError("the slices never ended")


async def test_a_long_list_arrives_whole_and_judged() -> None:
    dash = Dashboard("empty", reads=False)
    async with dash.running() as pilot:
        session = dash.session
        many = list(schedules(session.scope, 4 * MANY))
        session.store.apply(session.scope, Kind.SCHEDULE, "", many, read_at=NOW, is_complete=True)
        await slices_done(dash, pilot)
        model = dash.app.screen.model  # type: ignore[attr-defined]  # the list of schedules
        assert model.shown == 4 * MANY
        assert session.verdicts.pending == 0
        assert all(model.get(key).facts.next_fire_at for key in model.view)


async def test_rows_that_went_while_a_list_was_taken_in_stay_away() -> None:
    dash = Dashboard("empty", reads=False)
    async with dash.running() as pilot:
        session, store = dash.session, dash.session.store
        many = list(schedules(session.scope, 4 * MANY))
        store.apply(session.scope, Kind.SCHEDULE, "", many, read_at=NOW, is_complete=True)
        store.apply(session.scope, Kind.SCHEDULE, "", (), removed=["s00007"], read_at=NOW)
        await slices_done(dash, pilot)
        model = dash.app.screen.model  # type: ignore[attr-defined]  # the list of schedules
        assert model.shown == 4 * MANY - 1
        assert "s00007" not in model

        dash.app.screen.catch_up()  # type: ignore[attr-defined]  # in slices, on known rows
        store.apply(session.scope, Kind.SCHEDULE, "", (), removed=["s00008"], read_at=NOW)
        await slices_done(dash, pilot)
        assert model.shown == 4 * MANY - 2
        assert "s00008" not in model
