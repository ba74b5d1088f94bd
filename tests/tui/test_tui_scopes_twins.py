"""Scopes with records of the same ids, clocks that differ, and keys that go by the row's scope."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from qsui.backends.adobe.backend import AdobeBackend
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState
from qsui.live.control import Control
from qsui.live.engine import Engine, PollOptions
from qsui.live.store import Store
from qsui.live.verdicts import Verdicts
from qsui.storage.journal import open_journal
from qsui.tui.options import LiveScope, Session
from qsui.tui.screens.confirm import ConfirmScreen
from qsui.tui.screens.deed import DeedScreen
from qsui.tui.screens.new import NewScreen
from qsui.tui.screens.quit_guard import QuitScreen
from qsui.tui.screens.run_detail import RunScreen
from qsui.tui.screens.runs import RunsScreen
from qsui.tui.screens.schedules import SchedulesScreen
from tests.support.acting_plays import Acted
from tests.support.dashboard import NIGHT, READ_ONLY, connection
from tests.support.emulator import Emulator, EmulatorClock, tiny_scene

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from textual.pilot import Pilot


class Twins(Acted):
    """Two Query Services, `acme/prod` and `beta/prod`, with the same records.

    `beta`'s server goes `ahead` of this machine; nothing may be changed there if `is_read_only`.
    """

    def __init__(
        self,
        *,
        ahead: timedelta = timedelta(),
        is_read_only: bool = False,
        folder: Path | None = None,
        **options: Any,
    ) -> None:
        super().__init__(tiny_scene(), folder=folder, **{"size": (110, 30), **options})
        self.other = Emulator(tiny_scene(), now=NIGHT)
        self._ahead, self._beta_reads, self._folder = ahead, is_read_only, folder
        beta = LiveScope("beta", "prod", self._open_beta, None, False, is_read_only)
        self.app.scopes.append(beta)

    @property
    def beta(self) -> Session:
        session = self.app.session_at("beta/prod")
        assert session is not None
        return session

    async def _open_beta(self) -> Session:
        await self.other.__aenter__()
        clock = EmulatorClock(self.other, self._ahead)
        options = replace(connection(self.other, read_only=self._beta_reads), profile="beta")
        backend = AdobeBackend(options, clock, inner=self.other.transport())
        store = Store()
        engine = Engine(backend, store, clock=clock, options=PollOptions(), random=random.Random(7))  # noqa: S311  # jitter

        async def aclose() -> None:
            await backend.aclose()
            await self.other.__aexit__(None, None, None)

        control = Control(
            engine,
            store,
            backend,
            open_journal(self._folder) if self._folder else None,
            clock,
            actor="jd",
            read_only=READ_ONLY if self._beta_reads else "",
            production=False,
        )
        verdicts = Verdicts(store, backend.scope, clock)
        return Session(backend.scope, clock, backend, store, engine, verdicts, control, aclose)

    async def advance(self, seconds: float) -> None:
        await super().advance(seconds)
        if self.app.session_at("beta/prod") is not None:
            await self.other.advance(seconds)

    def writes(self) -> tuple[int, int]:
        """How many writes either server saw."""
        counts = []
        for emulator in (self.emulator, self.other):
            endpoints = emulator.requests()["endpoints"]
            assert isinstance(endpoints, dict)
            counts.append(
                sum(
                    count
                    for name, count in endpoints.items()
                    if not name.startswith("GET ") and "/ims/" not in name and "_emu" not in name
                )
            )
        return counts[0], counts[1]

    def asked(self) -> Session:
        """The session that the dialog on top is about."""
        assert isinstance(self.app.screen, ConfirmScreen)
        return self.app.screen.session

    async def stand_on(self, pilot: Pilot[None], name: str, profile: str) -> None:
        """Put the cursor on the row of a scope."""
        await self.press(pilot, "g")
        for _ in range(20):
            row = self.app.shown_frame.row  # type: ignore[union-attr]
            if row.schedule.name == name and row.schedule.ref.profile == profile:
                return
            await self.press(pilot, "down")
        raise AssertionError((name, profile))


def play(scenario: Callable[[Twins, Pilot[None]], Awaitable[None]], **options: Any) -> None:
    dash = Twins(**options)

    async def main() -> None:
        async with dash.running() as pilot:
            await scenario(dash, pilot)

    asyncio.run(main())


def test_records_of_the_same_ids_are_told_apart_everywhere() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        mine = dash.session.store.snapshot.schedules(dash.session.scope).records
        theirs = dash.beta.store.snapshot.schedules(dash.beta.scope).records
        assert set(mine) == set(theirs)
        assert dash.text.count("orders_rollup") >= 2
        for profile in ("acme", "beta"):
            await dash.stand_on(pilot, "orders_rollup", profile)
            await dash.press(pilot, "enter")
            screen = dash.app.screen
            assert isinstance(screen, RunsScreen)
            assert {s.scope.profile for s in screen.sessions} == {profile}
            await dash.sync(pilot)
            await dash.press(pilot, "enter")
            detail = dash.app.screen
            assert isinstance(detail, RunScreen)
            assert {ref.profile for ref in detail._siblings} == {profile}
            await dash.press(pilot, "right_square_bracket", "0", "escape", "escape")
        await dash.stand_on(pilot, "orders_rollup", "beta")
        await dash.press(pilot, "s")
        await dash.confirm(pilot)
        await dash.look(pilot, 20)
        assert dash.writes() == (0, 1)

    play(scenario)


def test_a_change_of_one_scope_leaves_the_other_scopes_row_of_that_id() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        before = dash.text.count("orders_rollup")
        await dash.press(pilot, "at", *"beta", "enter")
        (row,) = [
            row
            for row in dash.app.shown_frame.model.items.values()  # type: ignore[union-attr]
            if row.schedule.name == "orders_rollup"
        ]
        scope, ref = dash.session.scope, row.schedule.ref
        dash.session.store.apply(scope, ref.kind, "", (), removed=[ref.id])
        await dash.press(pilot, "down")
        assert "orders_rollup" in dash.text
        await dash.press(pilot, "0")
        assert dash.text.count("orders_rollup") < before
        assert "orders_rollup" in dash.text

    play(scenario)


def test_screens_of_one_record_keep_cursor_and_marks_when_other_scopes_are_shown() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        await dash.stand_on(pilot, "orders_rollup", "beta")
        await dash.press(pilot, "enter")
        await dash.sync(pilot)
        await dash.press(pilot, "down", "space")
        screen = dash.app.screen
        assert isinstance(screen, RunsScreen)
        row, marks = screen.row, set(screen.model.marks)
        assert marks
        await dash.press(pilot, "at", *"acme", "enter")
        assert screen.row == row
        assert set(screen.model.marks) == marks
        assert "1 marked" in dash.line(2)
        await dash.press(pilot, "0")
        assert screen.row == row
        assert set(screen.model.marks) == marks

    play(scenario)


def test_all_scopes_again_changes_nothing_and_one_of_them_keeps_its_row() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "space", "down")
        await dash.stand_on(pilot, "orders_rollup", "beta")
        screen = dash.app.shown_frame
        assert screen is not None
        before = screen.row  # type: ignore[attr-defined]
        await dash.press(pilot, "0")
        assert "1 marked" in dash.line(2)
        assert screen.row == before  # type: ignore[attr-defined]
        await dash.press(pilot, "at", *"beta", "enter")
        assert screen.row == before  # type: ignore[attr-defined]
        assert "marked" not in dash.line(2)
        await dash.press(pilot, "0")
        assert screen.row == before  # type: ignore[attr-defined]

    play(scenario)


def test_a_copy_is_made_where_the_marked_row_is_wherever_the_cursor_stands() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        await dash.stand_on(pilot, "orders_rollup", "beta")
        await dash.press(pilot, "space")
        await dash.stand_on(pilot, "orders_rollup", "acme")
        await dash.press(pilot, "i", "c")
        await dash.sync(pilot)
        form = dash.app.screen
        assert isinstance(form, NewScreen)
        assert form.session is dash.beta
        await dash.press(pilot, "escape")

    play(scenario)


def test_undo_asks_the_scope_of_the_action_not_that_of_the_cursor(tmp_path: Path) -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        await dash.stand_on(pilot, "orders_rollup", "acme")
        await dash.press(pilot, "s")
        await dash.confirm(pilot)
        await dash.look(pilot, 20)
        await dash.stand_on(pilot, "orders_rollup", "beta")
        assert "(s on/off)" in dash.line(-1)
        assert "(u undo)" not in dash.line(-1)
        await dash.press(pilot, "u")
        assert dash.asked() is dash.session
        await dash.press(pilot, "escape", "7", "enter")
        assert isinstance(dash.app.shown_frame, DeedScreen)
        assert "(u undo)" not in dash.line(-1)
        await dash.press(pilot, "u")
        assert dash.asked() is dash.session

    play(scenario, is_read_only=True, folder=tmp_path)


def test_actions_of_two_profiles_that_lead_to_one_place_are_each_their_own(
    tmp_path: Path,
) -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        for profile in ("acme", "beta"):
            await dash.stand_on(pilot, "orders_rollup", profile)
            await dash.press(pilot, "s")
            await dash.confirm(pilot)
        follower = dash.app.follower
        owners = {follower.session_of(d).scope.profile for d in follower.deeds()}  # type: ignore[union-attr]
        assert owners == {"acme", "beta"}
        assert len(follower.deeds()) == len({deed.id for deed in follower.deeds()}) == 2
        await dash.press(pilot, "ctrl+q")
        assert isinstance(dash.app.screen, QuitScreen)
        assert "in 2 scopes" in dash.text
        assert "acme: " in dash.text
        assert "beta: " in dash.text
        await dash.press(pilot, "escape")
        toasts = len(dash.toasts)
        await dash.look(pilot, 30)
        assert len(dash.toasts) > toasts
        await dash.press(pilot, "7")
        assert " acme " in dash.text
        assert " beta " in dash.text

    play(scenario, folder=tmp_path)


def test_many_marks_of_several_scopes_say_why_nothing_happens() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        frame = dash.app.shown_frame
        assert frame is not None
        await dash.press(pilot, "asterisk")
        frame.glimpse = lambda: replace(frame.chosen(), records=frame.chosen().records[:1])  # type: ignore[attr-defined]
        for key in ("t", "s", "x", "v"):
            dash.toasts.clear()
            await dash.press(pilot, key)
            assert not isinstance(dash.app.screen, ConfirmScreen), key
            assert any("several scopes" in toast or "nothing" in toast for toast in dash.toasts), (
                key,
                dash.toasts,
            )

    play(scenario)


def test_ages_and_the_clock_are_those_of_each_server() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        offset = dash.beta.health.server_offset if dash.beta.health else timedelta()
        assert abs(offset - timedelta(hours=2)) < timedelta(minutes=1)
        rows = [line for line in dash.text.split("\n") if "orders_rollup" in line][:2]
        ours, theirs = (
            next(row for row in rows if f" {name} " in row) for name in ("acme", "beta")
        )
        assert ours.replace("acme", "beta")[2:].split() == theirs[2:].split()
        clock = dash.line(0)
        await dash.press(pilot, "at", *"beta", "enter")
        assert "03:1" in clock
        assert "03:1" in dash.line(0)
        await dash.press(pilot, "slash", *"next<3h", "enter")
        one = dash.text.count("orders_rollup")
        await dash.press(pilot, "at", *"acme", "enter")
        assert dash.text.count("orders_rollup") == one
        await dash.press(pilot, "0", "3")

    play(scenario, ahead=timedelta(hours=2))


def test_a_long_list_is_whole_however_often_other_scopes_are_chosen_while_it_comes() -> None:
    async def scenario(dash: Twins, pilot: Pilot[None]) -> None:
        scope, frame = dash.session.scope, dash.app.shown_frame
        assert isinstance(frame, SchedulesScreen)
        many = [
            Schedule(
                Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", f"s{number:05}"),
                f"name {number:05}",
                ScheduleState.ENABLED,
                "enabled",
                "0 4 * * *",
                created_at=NIGHT,
            )
            for number in range(6_000)
        ]
        dash.session.store.apply(scope, Kind.SCHEDULE, "", many)
        for turns in range(0, 60, 7):
            for label in ("beta/prod", "", "acme/prod"):
                dash.app.show_scope(label)
                for _ in range(turns):
                    await asyncio.sleep(0)
        await dash.press(pilot, "0")
        known = sum(len(s.store.snapshot.schedules(s.scope).records) for s in dash.app.sessions)
        assert frame.model.shown == len(frame.model) == known
        await dash.press(pilot, "at", *"beta", "enter")
        assert frame.model.shown == len(frame.model) == known - 6_003

    play(scenario)
