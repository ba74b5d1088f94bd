"""How several scopes open and close: none waits for another, none takes another down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from qsui.domain.errors import ConfigError
from qsui.tui.opening import AGE_STEP_S
from qsui.tui.options import KnownProfile, LiveScope
from qsui.tui.screens.schedules import SchedulesScreen
from tests.support.acting_plays import Acted
from tests.support.emulator import tiny_scene
from tests.support.two_servers import nightly

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from qsui.tui.options import Session
    from tests.support.dashboard import Dashboard


def both() -> Acted:
    """A Query Service and an Alteryx Server, both of which may be changed."""
    return Acted(tiny_scene(), alteryx=nightly(), size=(120, 30))


def put(dash: Dashboard, at: int, **changes: object) -> None:
    """Replace parts of how a scope is opened."""
    dash.app.scopes[at] = replace(dash.app.scopes[at], **changes)  # type: ignore[arg-type]


def late(scope: LiveScope, gate: asyncio.Event) -> Callable[[], Awaitable[Session]]:
    """Open a scope when the gate opens."""

    async def open_session() -> Session:
        await gate.wait()
        return await scope.open_session()

    return open_session


def remembering(scope: LiveScope, dash: Dashboard) -> Callable[[], Awaitable[Session]]:
    """Give a session that knows old rows and whose server is not asked."""

    async def recall() -> Session:
        session = await scope.open_session()
        while await session.engine.poll_once():
            await dash.advance(1)
        return session

    return recall


async def refuse() -> Session:
    raise ConfigError("its secret cannot be read")


@pytest.mark.parametrize("hangs", [0, 1])
def test_a_scope_that_hangs_hides_no_other(hangs: int) -> None:
    async def main() -> None:
        dash, gate = both(), asyncio.Event()
        put(dash, hangs, open_session=late(dash.app.scopes[hangs], gate))
        ours, theirs = ("profile_merge", "Nightly good")[:: -1 if hangs == 0 else 1]
        async with dash.app.run_test(size=dash.size) as pilot:
            await dash.until(pilot, lambda: len(dash.app.sessions) == 1)
            while await dash.app.sessions[0].engine.poll_once():
                await pilot.pause()
            await pilot.pause()
            assert ours in dash.text
            assert theirs not in dash.text
            assert f"starting {dash.app.scopes[hangs].label}" in dash.line(0)
            assert f"Reading {dash.app.scopes[hangs].label}" in dash.line(-2)
            gate.set()
            await dash.ready(pilot)
            assert ours in dash.text
            assert theirs in dash.text

    asyncio.run(main())


def test_old_rows_of_all_scopes_come_before_any_server_is_reached() -> None:
    async def main() -> None:
        dash, gate = both(), asyncio.Event()
        for at, scope in enumerate(tuple(dash.app.scopes)):
            recall = remembering(scope, dash)
            put(dash, at, recall=recall, open_session=late(scope, gate))
        async with dash.app.run_test(size=dash.size) as pilot:
            await dash.until(pilot, lambda: len(dash.app.sessions) == 2)
            await dash.until(pilot, lambda: "Nightly good" in dash.text)
            assert "profile_merge" in dash.text

    asyncio.run(main())


def test_old_rows_of_a_scope_that_cannot_be_opened_go_and_what_it_held_is_closed() -> None:
    async def main() -> None:
        dash, gate, closed = both(), asyncio.Event(), list[str]()
        scope = dash.app.scopes[0]
        remember = remembering(scope, dash)

        async def recall() -> Session:
            session = await remember()
            aclose = session.aclose

            async def close() -> None:
                await asyncio.sleep(0)
                dash.app.tick()  # whatever is drawn meanwhile: its rows have no session any more
                closed.append("closed")
                await aclose()

            session.aclose = close
            return session

        async def open_session() -> Session:
            await gate.wait()
            return await refuse()

        put(dash, 0, recall=recall, open_session=open_session)
        async with dash.app.run_test(size=dash.size) as pilot:
            await dash.until(pilot, lambda: len(dash.app.sessions) == 2)
            await dash.until(pilot, lambda: "profile_merge" in dash.text)
            await pilot.press("space")
            gate.set()
            await dash.until(pilot, lambda: bool(dash.app.scope_faults))
            await dash.sync(pilot)
            assert closed == ["closed"]
            assert "profile_merge" not in dash.text
            assert "Nightly good" in dash.text
            assert "acme/prod is not open: its secret cannot be read" in dash.line(-2)
            steps = [timer for timer in dash.app._timers if timer._interval == AGE_STEP_S]
            assert len(steps) == 1

    asyncio.run(main())


def test_a_scope_that_failed_says_why_and_is_tried_again() -> None:
    async def main() -> None:
        dash = both()
        theirs = dash.app.scopes[1]
        tries: list[int] = []

        async def open_session() -> Session:
            tries.append(1)
            return await (refuse() if len(tries) < 3 else theirs.open_session())

        put(dash, 1, open_session=open_session)
        async with dash.running() as pilot:
            await dash.press(pilot, "at", *"ayx", "enter")
            assert "ayx is not open" in dash.text
            assert "its secret cannot be read" in dash.line(6) + dash.line(5) + dash.line(4)
            assert "profile_merge" not in dash.text
            for key in ("S", "escape", "question_mark", "escape", "i", "u", "t", "v", "o", "p"):
                await dash.press(pilot, key)
            await dash.press(pilot, "r")
            assert "ayx is not open" in dash.text
            await dash.press(pilot, "r")
            await dash.sync(pilot)
            assert "Nightly good" in dash.text
            assert "is not open" not in dash.text
            assert len(tries) == 3
            await dash.press(pilot, "r")
            assert len(tries) == 3

    asyncio.run(main())


def with_added(dash: Dashboard, gate: asyncio.Event) -> None:
    """Let `@` open the Alteryx Server, which fails when the gate opens."""

    async def open_session() -> Session:
        await gate.wait()
        return await refuse()

    made = LiveScope("ayx", "", open_session, has_jobs=True)
    known = (KnownProfile("acme", "prod"), KnownProfile("ayx", has_jobs=True))
    dash.app.options = replace(
        dash.app.options, known_profiles=known, open_scope=lambda _profile, _box: made
    )


@pytest.mark.parametrize("keys", [["5"], ["7", "5", "minus"], ["5", "q"], ["at"], ["Z"]])
def test_a_scope_that_was_added_may_fail_whatever_is_shown_by_then(keys: list[str]) -> None:
    async def main() -> None:
        dash, gate = Acted(tiny_scene()), asyncio.Event()
        with_added(dash, gate)
        async with dash.running() as pilot:
            await pilot.press("at", *"ayx", "enter")
            await dash.until(pilot, lambda: dash.app.has_several)
            for key in keys:
                if dash.app.current_mode != "jobs" or key != "q":
                    await pilot.press(key)
            gate.set()
            await dash.until(pilot, lambda: not dash.app.has_several)
            await pilot.press("escape")
            await dash.press(pilot, "minus", "2", "0")
            if dash.app.is_frozen:
                await dash.press(pilot, "Z")
            assert "profile_merge" in dash.text
            assert "5 Alteryx" not in dash.line(1)

    asyncio.run(main())


def test_a_scope_that_was_added_and_fails_changes_no_other_choice() -> None:
    async def main() -> None:
        dash, gate = both(), asyncio.Event()
        asked = LiveScope("beta", "", late(replace(dash.app.scopes[1], open_session=refuse), gate))
        dash.app.options = replace(
            dash.app.options,
            known_profiles=(KnownProfile("beta"),),
            open_scope=lambda _profile, _box: asked,
        )
        async with dash.running() as pilot:
            await pilot.press("at", *"beta", "enter")
            await dash.until(pilot, lambda: len(dash.app.scopes) == 3)
            await pilot.press("at", *"ayx", "enter")
            await pilot.pause()
            gate.set()
            await dash.until(pilot, lambda: len(dash.app.scopes) == 2)
            await dash.sync(pilot)
            assert dash.app.chosen_scope == "ayx"
            assert "profile_merge" not in dash.text
            assert "Nightly good" in dash.text

    asyncio.run(main())


def test_every_session_is_closed_also_if_the_closing_of_another_fails() -> None:
    closed: list[str] = []

    async def main() -> None:
        dash = both()
        async with dash.running():
            for session in dash.app.sessions:
                label, aclose = session.scope.label, session.aclose

                async def close(
                    label: str = label, aclose: Callable[[], Awaitable[None]] = aclose
                ) -> None:
                    await aclose()
                    closed.append(label)
                    raise OSError(label)

                session.aclose = close

    with pytest.raises(OSError, match=r"acme/prod|ayx"):
        asyncio.run(main())
    assert sorted(closed) == ["acme/prod", "ayx"]


def test_the_program_can_be_left_while_a_scope_is_opened() -> None:
    closed: list[str] = []

    async def main() -> None:
        dash, gate = both(), asyncio.Event()
        put(dash, 0, open_session=late(dash.app.scopes[0], gate))
        async with dash.app.run_test(size=dash.size) as pilot:
            await dash.until(pilot, lambda: len(dash.app.sessions) == 1)
            session = dash.app.sessions[0]
            aclose = session.aclose

            async def close() -> None:
                closed.append("ayx")
                await aclose()

            session.aclose = close
            await pilot.press("ctrl+q")
            await pilot.pause()
        assert not dash.app.is_running
        assert dash.app.return_code == 0

    asyncio.run(main())
    assert closed == ["ayx"]


def test_a_scope_that_opens_moves_no_rows_below_a_dialog_or_a_freeze() -> None:
    async def main(key: str, undo: str) -> None:
        dash, gate = both(), asyncio.Event()
        remember = remembering(dash.app.scopes[1], dash)

        async def recall() -> Session:
            await gate.wait()
            return await remember()

        put(dash, 1, recall=recall, open_session=late(dash.app.scopes[1], asyncio.Event()))
        async with dash.app.run_test(size=dash.size) as pilot:
            await dash.until(pilot, lambda: len(dash.app.sessions) == 1)
            while await dash.app.sessions[0].engine.poll_once():
                await pilot.pause()
            await pilot.pause()
            await pilot.press("down", "down", key)
            row = dash.app.shown_frame.row  # type: ignore[union-attr]
            count = len(dash.app.shown_frame.model)  # type: ignore[union-attr]
            gate.set()
            await dash.until(pilot, lambda: len(dash.app.sessions) == 2)
            await pilot.pause()
            assert dash.app.shown_frame.row == row  # type: ignore[union-attr]
            assert len(dash.app.shown_frame.model) == count  # type: ignore[union-attr]
            await pilot.press(undo)
            await pilot.pause()
            assert "Nightly good" in dash.text

    asyncio.run(main("v", "escape"))
    asyncio.run(main("Z", "Z"))


def test_a_picker_opens_while_nothing_is_open_yet_and_waits_for_no_one() -> None:
    async def main() -> None:
        dash, gate = both(), asyncio.Event()
        for at in (0, 1):
            put(dash, at, open_session=late(dash.app.scopes[at], gate))
        async with dash.app.run_test(size=dash.size) as pilot:
            await dash.until(pilot, lambda: isinstance(dash.app.screen, SchedulesScreen))
            await pilot.pause()
            await pilot.press("at", *"ayx", "enter")
            assert dash.app.chosen_scope == "ayx"
            for key in ("S", "escape", "i", "t", "v", "u", "o", "7", "2", "5", "2"):
                await pilot.press(key)
            await pilot.pause()
            assert "Connecting to ayx" in dash.text
            gate.set()
            await dash.ready(pilot)
            assert "Nightly good" in dash.text
            assert "profile_merge" not in dash.text

    asyncio.run(main())
