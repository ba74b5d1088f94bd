"""Marks: the keys that set them, what the title counts, and what refreshes may do to them."""

from __future__ import annotations

import operator
import random
from functools import partial
from typing import TYPE_CHECKING

from qsui.tui.row_model import RowModel
from qsui.tui.screens.list_screen import ListScreen
from tests.support.acting_plays import Acted, play

if TYPE_CHECKING:
    from textual.pilot import Pilot


def marked(dash: Acted) -> list[str]:
    """The names of the marked rows in the order shown, those not shown last."""
    screen = dash.app.screen
    assert isinstance(screen, ListScreen)
    return [str(getattr(record, "name", record.ref.id)) for record in screen.chosen().records]


def test_space_marks_and_steps_down_and_marks_no_more_the_second_time() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "space", "space")
        assert len(marked(dash)) == 2
        assert "2 marked" in dash.line(2)
        assert dash.line(4)[1] == "*"
        assert dash.line(6)[:2] == "▌ "
        await dash.press(pilot, "k", "space")
        assert "1 marked" in dash.line(2)

    play(scenario)


def test_a_range_goes_from_the_last_mark_to_the_cursor() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "g", "space", "j", "j", "V")
        assert "4 marked" in dash.line(2)
        await dash.press(pilot, "j", "j", "V")
        assert "6 marked" in dash.line(2)

    play(scenario, "trouble")


def test_the_star_marks_all_that_is_shown_then_none() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"r", "enter")
        shown = dash.app.screen.model.shown  # type: ignore[attr-defined]
        await dash.press(pilot, "asterisk")
        assert f"{shown} marked" in dash.line(2)
        assert "hidden" not in dash.line(2)
        await dash.press(pilot, "asterisk")
        assert "marked" not in dash.line(2)

    play(scenario)


def test_escape_takes_marks_away_before_the_filter() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"orders", "enter", "space")
        assert "1 marked" in dash.line(2)
        await dash.press(pilot, "escape")
        assert "marked" not in dash.line(2)
        assert "/ orders" in dash.line(2)
        await dash.press(pilot, "escape")
        assert "/ orders" not in dash.line(2)

    play(scenario)


def test_the_filter_knows_marked_rows() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "j", "space", "slash", *"marked", "enter")
        assert "1 of 3" in dash.line(2)
        await dash.press(pilot, "slash", *(["backspace"] * 6), *"!marked", "enter")
        assert "2 of 3" in dash.line(2)
        assert "1 marked, 1 hidden" in dash.line(2)

    play(scenario)


def test_marks_stay_through_a_thousand_refreshes_and_go_with_their_rows() -> None:
    chance = random.Random(11)  # noqa: S311  # a made-up list
    model: RowModel[int] = RowModel()
    model.set_sort(lambda value: value, group=lambda value: value % 3)
    model.apply({f"row{n}": n for n in range(200)})
    model.rebuild_now()
    keys = list(model.items)
    wanted = set(chance.sample(keys, 40))
    model.marks |= wanted
    for turn in range(1_000):
        some = {key: chance.randrange(900) for key in chance.sample(keys, 20)}
        gone = [key for key in chance.sample(keys, 1) if key not in some] if turn % 25 == 0 else []
        if turn % 100 == 0:
            least = chance.randrange(400)
            model.set_filter(lambda value, least=least: value > least)  # type: ignore[misc]
            model.rebuild_now()
        model.apply({**some, f"new{turn}": turn}, gone)
        wanted -= set(gone)
        keys = [key for key in keys if key not in gone]
        assert set(model.marks) == wanted
        assert model.hidden_marks == len(wanted - set(model.view))
    assert 0 < len(wanted) < 40


def test_hidden_marks_are_counted_through_filters_changes_and_departures() -> None:
    random_ = random.Random(5)  # noqa: S311 - a fixed sequence
    model: RowModel[int] = RowModel()
    model.apply({f"k{n}": n for n in range(60)})
    for step in range(600):
        keys = random_.sample(sorted(model.items), 3)
        match step % 6:
            case 0:
                model.set_filter(partial(operator.le, random_.randrange(60)))
                model.rebuild_now()
            case 1:
                model.marks ^= {keys[0]}
            case 2:
                model.apply({key: random_.randrange(60) for key in keys})
            case 3:
                model.marks.add_shown(model.keys_between(2, 6))
            case 4 if len(model) > 20:
                model.apply({}, keys[:1])
            case _:
                model.marks.discard(keys[0])
        assert model.hidden_marks == len(model.marks - set(model.view))
