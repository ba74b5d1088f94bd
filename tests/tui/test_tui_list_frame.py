"""What stands around the rows of a list: the part shown in the title, toasts that cover no row."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qsui.tui.chrome import Hint, footer
from tests.support.acting_plays import Acted, play

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_the_title_says_which_rows_are_on_screen_once_it_scrolled() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        assert "Schedules 32 " in dash.line(2)
        await dash.press(pilot, "G")
        assert "Schedules 15-32 of 32 " in dash.line(2)
        await dash.press(pilot, "g")
        assert "Schedules 32 " in dash.line(2)

    play(scenario, "trouble", size=(80, 24))


def toast_lines(key: str, words: str) -> list[int]:
    """On which lines a toast stands while the cursor is where the key brought it."""
    dash, found = Acted("trouble", size=(80, 24)), list[int]()

    async def main() -> None:
        async with dash.app.run_test(size=dash.size, notifications=True) as pilot:
            await dash.ready(pilot)
            await dash.press(pilot, key)
            dash.app.say(words)
            await dash.press(pilot)
            found.extend(n for n, line in enumerate(dash.text.split("\n")) if words in line)

    asyncio.run(main())
    return found


def test_a_toast_stands_above_the_status_line_with_room_for_fifty_columns() -> None:
    assert toast_lines("g", "x" * 46) == [21]


def test_a_toast_goes_to_the_top_while_the_cursor_is_among_the_last_rows() -> None:
    assert toast_lines("G", "a word") == [3]


def _text(hints: list[Hint], width: int) -> str:
    return "".join(text for text, _ in footer(hints, width))


def test_one_look_key_has_room_beside_act_keys_in_brackets_at_80_columns() -> None:
    words = ("trigger", "on/off", "cadence", "cancel", "undo")
    acts = [
        Hint(key, word, acts=True, is_enabled=False)
        for key, word in zip("tsexu", words, strict=True)
    ]
    line = _text([Hint("Enter", "runs"), Hint("i", "new"), *acts], 80)
    assert line.startswith(
        " Enter runs │ (t trigger)  (s on/off)  (e cadence)  (x cancel)  (u undo)"
    )
    assert line.endswith(" ? help ")
    assert len(line) == 80
