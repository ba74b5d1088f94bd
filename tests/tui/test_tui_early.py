"""Rows of the last session come before the server's side, and every key works on them."""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qsui.tui
from qsui.backends.options import scope_key
from qsui.cli.recall import Past, recall
from qsui.domain.models import Run, Schedule, Scope
from qsui.live.control import Control
from qsui.live.engine import Engine
from qsui.live.memory import Memory
from qsui.live.store import Store
from qsui.storage.history import open_history
from qsui.tui.early import (
    EarlyControl,
    EarlyEngine,
    EarlyJobEngine,
    EarlyQueryService,
    EarlyServer,
)
from tests.support.dashboard import NIGHT, Dashboard, connection
from tests.support.emulator import EmulatorClock, tiny_scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from qsui.tui.options import Session


async def remembered(folder: Path) -> None:
    """Let a dashboard read everything, and keep that as the last session's memory."""
    dash = Dashboard(tiny_scene())
    async with dash.running():
        session = dash.session
        snapshot, scope = session.store.snapshot, session.scope
        schedules = tuple(
            each
            for each in snapshot.schedules(scope).records.values()
            if isinstance(each, Schedule)
        )
        runs = tuple(each for each in snapshot.all_runs(scope) if isinstance(each, Run))
        history = open_history(folder)
        history.save_schedules(scope, schedules, NIGHT, replace=True)
        history.save_runs(scope, runs)
        history.close()


class Early:
    """A dashboard with a memory whose server's side comes when `let_in` is called."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self._folder = folder
        self._gate = asyncio.Event()
        self._past: Past | None = None
        self.dash = Dashboard(tiny_scene(), **options)
        (scope,) = self.dash.app.scopes
        self._open = scope.open_session
        self.dash.app.scopes = [
            replace(scope, recall=self._recall, open_session=self._open_late),
        ]

    async def _recall(self) -> Session | None:
        given = connection(self.dash.emulator)
        key = scope_key(given.backend, given.base_url, given.org_id, given.sandbox)
        scope = Scope("acme", given.sandbox, key)
        clock = EmulatorClock(self.dash.emulator)
        self._past = await recall(scope, self._folder, clock, "")
        return self._past.session if self._past else None

    async def _open_late(self) -> Session:
        await self._gate.wait()
        real = await self._open()
        past = self._past
        assert past is not None
        store, clock = past.session.store, real.clock
        engine = Engine(real.query_service, store, clock=clock, random=random.Random(7))  # noqa: S311
        session = past.complete(real.backend, engine)
        close_history = session.aclose

        async def open_control() -> None:
            session.control = Control(engine, store, real.backend, None, clock, production=False)
            past.control.set(session.control)

        async def aclose() -> None:
            await real.aclose()
            await close_history()

        session.open_control, session.aclose = open_control, aclose
        return session

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pilot[None]]:
        """Run it until old rows are painted."""
        async with self.dash.app.run_test(size=(120, 36)) as pilot:
            await self.dash.until(pilot, lambda: "orders_rollup" in self.dash.text)
            yield pilot
            self._gate.set()
            await self.dash.until(pilot, lambda: not self.is_early)

    @property
    def is_early(self) -> bool:
        return isinstance(self.dash.session.control, EarlyControl)

    async def let_in(self, pilot: Pilot[None]) -> None:
        """Let the server's side come."""
        self._gate.set()
        await self.dash.until(pilot, lambda: not self.is_early)


async def pauses(pilot: Pilot[None], count: int = 6) -> None:
    for _ in range(count):
        await pilot.pause()


def test_old_rows_say_when_they_were_read_and_can_be_sorted_filtered_and_marked(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        await remembered(tmp_path)
        early = Early(tmp_path)
        async with early.running() as pilot:
            dash = early.dash
            assert "as of 03:12" in dash.text
            assert early.is_early
            await pilot.press("slash", *"orders", "enter")
            await pauses(pilot)
            assert "1 of 3" in dash.text
            await pilot.press("escape", "space", "s", "escape")
            await pauses(pilot)
            assert "1 marked" in dash.text
            await early.let_in(pilot)
            await dash.sync(pilot)
            assert "as of" not in dash.text
            assert "1 marked" in dash.text

    asyncio.run(main())


def test_an_action_asked_for_early_is_planned_when_the_server_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        await remembered(tmp_path)
        early = Early(tmp_path, read_only=False)
        async with early.running() as pilot:
            dash = early.dash
            await pilot.press("t")
            await pauses(pilot)
            assert "Reading" in dash.text
            await early.let_in(pilot)
            await dash.until(pilot, lambda: "POST" in dash.text)

    asyncio.run(main())


def test_screens_opened_early_fill_when_the_server_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        await remembered(tmp_path)
        early = Early(tmp_path)
        async with early.running() as pilot:
            dash = early.dash
            await pilot.press("m")
            await pauses(pilot)
            assert "orders_rollup" in dash.text or "Run" in dash.text
            await pilot.press("q", "enter")
            await pauses(pilot)
            await pilot.press(
                "q", "7", "4", "3", "2", "r", "R", "Z", "Z", "z", "z", "question_mark"
            )
            await pauses(pilot)
            await pilot.press("escape", "y", "v")
            await pauses(pilot)
            await pilot.press("escape", "escape")
            await early.let_in(pilot)
            await dash.sync(pilot)
            assert "as of" not in dash.text

    asyncio.run(main())


def test_a_program_left_early_closes_what_it_has(tmp_path: Path) -> None:
    async def main() -> None:
        await remembered(tmp_path)
        early = Early(tmp_path)
        async with early.dash.app.run_test(size=(120, 36)) as pilot:
            await early.dash.until(pilot, lambda: "orders_rollup" in early.dash.text)
            await pilot.press("q")
        assert early.dash.app.return_code == 0
        history = early._past.history if early._past else None
        assert history is not None
        assert history.load_schedules(early.dash.session.scope) == ((), None)

    asyncio.run(main())


def test_nothing_of_the_last_session_is_read_twice(tmp_path: Path) -> None:
    async def main() -> None:
        await remembered(tmp_path)
        early = Early(tmp_path)
        past = await _past_of(early)
        asked: list[str] = []

        class Counting:
            trouble = ""

            def load_schedules(self, *_: object) -> object:
                asked.append("schedules")
                return (), None

            def load_runs(self, *_: object) -> object:
                asked.append("runs")
                return ()

        memory = Memory(Counting(), past.session.scope)  # type: ignore[arg-type]
        await memory.paint(past.session.store, NIGHT)
        assert asked == []
        await memory.paint(Store(), NIGHT)
        assert asked == ["schedules", "runs"]
        await past.session.aclose()

    asyncio.run(main())


async def _past_of(early: Early) -> Past:
    await early._recall()
    assert early._past is not None
    return early._past


def test_what_stands_for_the_server_has_all_that_screens_ask_it_for() -> None:
    folder = Path(qsui.tui.__file__).parent
    wired = {"app.py", "bridge.py", "follower.py", "early.py", "opening.py"}
    stand_ins: dict[str, tuple[type, ...]] = {
        "engine": (EarlyEngine, EarlyJobEngine),
        "query_engine": (EarlyEngine,),
        "job_engine": (EarlyJobEngine,),
        "control": (EarlyControl,),
        "backend": (EarlyQueryService, EarlyServer),
        "query_service": (EarlyQueryService,),
    }
    of_one_sort = {"sandboxes", "capabilities"}  # asked of a backend that was told apart before
    used: dict[str, set[str]] = {part: set() for part in stand_ins}
    parts = "|".join(stand_ins)
    for file in folder.rglob("*.py"):
        if file.name not in wired:
            for part, name in re.findall(rf"\b({parts})\.([a-z_]+)\b", file.read_text()):
                used[part].add(name)
    used["backend"].discard("outgoing")  # of deeds, which come with the control
    used["engine"] -= {"poll_once"}
    for part, names in used.items():
        for stand_in in stand_ins[part]:
            has = set(dir(stand_in)) | {"read_only", "focused"}
            assert names - has - of_one_sort == set(), stand_in
    assert {"sandboxes"} <= set(dir(EarlyQueryService))
    assert {"capabilities"} <= set(dir(EarlyServer))
