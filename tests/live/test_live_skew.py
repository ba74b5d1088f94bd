"""A clock that is ahead of the server's: its first answer tells, and nothing stays unseen."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from qsui.domain.states import RunState
from qsui.live.engine import Engine
from qsui.live.store import Store
from tests.live.fakes import HOUR, MINUTE, NOON, SCOPE, FakeBackend, FakeClock, query, schedule

pytestmark = pytest.mark.anyio
AHEAD = timedelta(days=9)


class Behind(FakeBackend):
    """A server whose time, nine days ago, is known only once it answered about queries."""

    async def _ask(self, name: str) -> None:
        await super()._ask(name)
        if name.startswith("queries"):
            self.server_offset = -AHEAD


def engine_on(server: Behind, clock: FakeClock, store: Store) -> Engine:
    return Engine(server, store, clock=clock, random=Random(1))  # noqa: S311  # jitter


async def test_the_window_of_the_first_read_is_that_of_the_servers_day() -> None:
    clock, store = FakeClock(), Store()
    server = Behind(clock, [schedule("a")])
    old = query("q", RunState.FAILED, updated=NOON - AHEAD - HOUR)
    server.queries_by_id = {old.id: old}
    await engine_on(server, clock, store).poll_once()
    assert store.snapshot.query(SCOPE, old.id) is not None


async def test_the_first_mark_is_in_the_servers_time_even_if_nothing_was_found() -> None:
    clock, store = FakeClock(), Store()
    server = Behind(clock, [schedule("a")])
    engine = engine_on(server, clock, store)
    await engine.poll_once()
    news = query("q", RunState.FAILED, updated=NOON - AHEAD + MINUTE)
    server.queries_by_id = {news.id: news}
    clock.move(2 * MINUTE)
    await engine.poll_once()
    assert store.snapshot.query(SCOPE, news.id) is not None
