"""What `X` says of an action on its way: when it left, what was answered, what is waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.support.acting_plays import Acted, play

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from qsui.domain.ports import Accepted, Outgoing

TO_ORDERS = ("slash", *"orders", "enter")


def told(dash: Acted, label: str) -> str:
    """The pane's line with that label."""
    lines = [line.strip() for line in dash.text.split("\n")]
    found = [line for line in lines if line.startswith(f"{label} ")]
    return found[-1] if found else ""


def test_x_tells_the_story_of_an_action_on_its_way(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        assert told(dash, "Answer") == ""
        await dash.press(pilot, "X")
        assert "trigger sent 0s ago" in told(dash, "Pending")
        assert "03:12:39Z, in the journal" in told(dash, "Sent")
        assert "HTTP 202 accepted, request id " in told(dash, "Answer")
        assert "a new run of it" in told(dash, "Waits for")
        assert 'none yet, next in 1s; from 03:17:39Z it counts as "no effect"' in told(
            dash, "Looks"
        )
        await dash.look(pilot, 20)
        assert "trigger done, seen after 20 s" in told(dash, "Pending")
        assert "03:12:59Z" in told(dash, "Seen")
        assert told(dash, "Waits for") == ""

    play(scenario, folder=tmp_path)


def test_x_says_how_often_was_looked_when_no_effect_was_seen(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        dash.emulator.fault("patch-ignored")
        await dash.press(pilot, *TO_ORDERS, "s")
        await dash.confirm(pilot)
        for _ in range(8):
            await dash.look(pilot, 60)
        await dash.press(pilot, "X")
        assert "turn off: no effect seen" in told(dash, "Pending")
        assert "read back as off" in told(dash, "Waits for")
        assert "so far, next in 1m, until 04:1" in told(dash, "Looks")

    play(scenario, folder=tmp_path)


def test_x_brings_the_story_into_sight_when_the_pane_was_put_away(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "X")
        assert told(dash, "Why")
        await dash.press(pilot, "p")
        assert told(dash, "Why") == ""
        await dash.press(pilot, "X")
        assert told(dash, "Why")
        await dash.press(pilot, "X")
        assert told(dash, "Why") == ""

    play(scenario, folder=tmp_path)


def test_ages_of_actions_count_on_the_clock_that_they_were_taken_from(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        assert dash.app.now - dash.session.clock.now() > timedelta(minutes=1)
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        assert "» sent 0s" in dash.row("orders_rollup")
        assert "sent 0s ago" in dash.text
        await dash.press(pilot, "7")
        assert "sent, not seen 0s" in dash.row("orders_rollup")

    play(scenario, folder=tmp_path, behind=timedelta(seconds=90))


def test_trouble_stays_until_a_key_whatever_else_is_told(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        follower = dash.app.follower
        follower.warn("! the first")
        dash.app.say("something else")
        follower.warn("! the second")
        assert dash.toasts[-1] == "! the second (and 1 more: 7 Journal)"
        await dash.press(pilot, "j")
        assert not follower.is_trouble_shown
        follower.warn("! the third")
        assert dash.toasts[-1] == "! the third"

    play(scenario, folder=tmp_path)


def test_trouble_that_came_to_a_good_end_gives_way_to_the_news_of_it(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        backend, send = dash.session.backend, dash.session.backend.send

        async def lossy(outgoing: Outgoing) -> Accepted:
            dash.emulator.fault("lost-answer", count=1)
            return await send(outgoing)

        backend.send = lossy  # type: ignore[method-assign]  # reads before it must be answered
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        await dash.press(pilot, "enter")
        dash.app.follower.read_journal()
        await dash.look(pilot, 20)
        assert dash.toasts[-1].startswith("✓ orders_rollup runs")
        assert not dash.app.follower.is_trouble_shown

    play(scenario, folder=tmp_path)
