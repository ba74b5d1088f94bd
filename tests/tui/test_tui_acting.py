"""Each verb by its key on the emulator: what the server saw, then what stands on the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from textual.widgets import TextArea

from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.tui.screens.confirm import ConfirmScreen
from qsui.tui.screens.cron_editor import CronEditorScreen
from qsui.tui.screens.journal import JournalScreen
from qsui.tui.screens.runs import RunsScreen
from qsui.tui.screens.verbs import VerbsScreen
from qsui.tui.widgets.dialog_parts import DialogButton
from tests.support.acting_plays import Acted, play
from tests.support.emulator import OWNER, tiny_scene

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from qsui.domain.ports import Accepted, Outgoing

RUN = "POST /schedules/{id}/runs"
GONE = {"pid": 4_194_303}
"""A process that does not live."""
PATCH = "PATCH /schedules/{id}"
TO_ORDERS = ("slash", *"orders", "enter")
TO_BACKFILL = ("slash", *"backfill", "enter")

LONG = ScheduleSeed("long_export", "SELECT 1", "0 3 * * *", OWNER, base_s=4000, created_days_ago=3)
"""Its run of 03:00 is under way at the time that the tests begin."""


def is_on_top(dash: Acted, kind: type[object]) -> bool:
    return isinstance(dash.app.screen, kind)


def counting(dash: Acted) -> bool:
    """Whether something steps by the second now."""
    return dash.app.follower.counts


def test_a_trigger_is_pending_on_its_row_until_its_run_is_seen(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "t")
        assert is_on_top(dash, ConfirmScreen)
        assert dash.seen() == {}
        await dash.confirm(pilot)
        assert dash.seen() == {RUN: 1}
        assert "» sent 0s" in dash.row("orders_rollup")
        await dash.look(pilot, 20)
        assert "» sent" not in dash.text
        assert "▸ runs" in dash.row("orders_rollup")
        assert dash.toasts[0] == "» Trigger sent to orders_rollup, waiting for its run"
        assert dash.toasts[-1].startswith("✓ orders_rollup runs, seen after 20 s")
        assert dash.seen() == {RUN: 1}

    play(scenario, folder=tmp_path)


def test_seconds_are_counted_only_while_an_effect_is_looked_for(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        assert counting(dash) is False
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        assert counting(dash) is True
        await dash.emulator.advance(3)
        dash.app.pending_tick()
        await pilot.pause()
        assert "» sent 3s" in dash.row("orders_rollup")
        await dash.look(pilot, 20)
        assert counting(dash) is False

    play(scenario, folder=tmp_path)


def test_a_triggered_run_stands_on_top_of_the_runs_before_it_has_an_id(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        await dash.press(pilot, "enter")
        assert is_on_top(dash, RunsScreen)
        before = dash.app.screen
        assert isinstance(before, RunsScreen)
        count = before.model.shown
        assert "» sent" in dash.line(4)
        await dash.press(pilot, "enter")  # nothing is known of it yet
        assert is_on_top(dash, RunsScreen)
        await dash.look(pilot, 20)
        assert before.model.shown == count
        assert before.model.held_count == 0
        assert "▸ runs" in dash.text
        assert "» sent" not in dash.text

    play(scenario, folder=tmp_path)


def test_the_pending_run_stands_in_the_list_of_all_runs_as_well(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        await dash.press(pilot, "3")
        assert "» sent" in dash.row("orders_rollup")

    play(scenario, folder=tmp_path)


@pytest.mark.parametrize(
    ("to", "name", "now", "words"),
    [(TO_ORDERS, "orders_rollup", "off", "Turn off"), (TO_BACKFILL, "old_backfill", "", "Turn on")],
    ids=["off", "on"],
)
def test_s_turns_off_what_is_on_and_on_what_is_off(
    tmp_path: Path, to: tuple[str, ...], name: str, now: str, words: str
) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        was_off = "◦ off" in dash.row(name)
        await dash.press(pilot, *to, "s")
        assert f"{words} {name}" in dash.text
        await dash.confirm(pilot)
        assert dash.seen() == {PATCH: 1}
        assert "» sent" in dash.row(name)
        await dash.look(pilot, 10)
        assert "» sent" not in dash.row(name)
        assert ("◦ off" in dash.row(name)) is not was_off
        assert now in dash.row(name)

    play(scenario, folder=tmp_path)


def test_a_new_cadence_goes_from_the_editor_through_the_dialog(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "e")
        assert is_on_top(dash, CronEditorScreen)
        await dash.press(pilot, "end", *(["backspace"] * 9), *"30", "space", *"6")
        await dash.press(pilot, "space", "asterisk", "space", "asterisk", "space", "asterisk")
        await dash.press(pilot, "enter")
        assert is_on_top(dash, ConfirmScreen)
        assert dash.seen() == {}
        await dash.confirm(pilot)
        assert dash.seen() == {PATCH: 1}
        await dash.look(pilot, 10)
        assert "every day 06:30" in dash.row("orders_rollup")
        await dash.press(pilot, "u")
        await dash.confirm(pilot)
        await dash.look(pilot, 10)
        assert "hourly at :00" in dash.row("orders_rollup")
        assert dash.seen() == {PATCH: 2}

    play(scenario, folder=tmp_path)


def test_x_on_a_schedule_cancels_what_runs_of_it(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"long_export", "enter")
        assert "▸ " in dash.row("long_export")
        await dash.press(pilot, "x")
        await dash.confirm(pilot)
        assert dash.seen() == {"PATCH /schedules/{id}/runs/{run}": 1}
        await dash.press(pilot, "enter")
        assert "» sent" in dash.line(4)
        await dash.look(pilot, 30)
        assert "» sent" not in dash.line(4)
        assert "▸ " not in dash.line(4)
        assert "long_export" in dash.toasts[-1]
        assert "ended" in dash.toasts[-1]

    play(scenario, tiny_scene(LONG), folder=tmp_path)


def test_undo_turns_on_again_what_was_turned_off(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "s")
        await dash.confirm(pilot)
        await dash.look(pilot, 10)
        await dash.press(pilot, "u")
        assert "turn on orders_rollup" in dash.text
        await dash.confirm(pilot)
        await dash.look(pilot, 10)
        assert "◦ off" not in dash.row("orders_rollup")
        assert dash.seen() == {PATCH: 2}
        await dash.press(pilot, "7")
        assert "undone" in dash.text

    play(scenario, folder=tmp_path)


def test_marked_rows_go_into_one_dialog_with_those_that_the_filter_hides(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "asterisk")
        assert "3 marked" in dash.line(2)
        await dash.press(pilot, *TO_ORDERS)
        assert "3 marked, 2 hidden" in dash.line(2)
        await dash.press(pilot, "t")
        assert "hidden by" in dash.text
        assert "Trigger 2 of 3 marked schedules" in dash.text
        await dash.confirm(pilot)
        assert dash.seen() == {RUN: 2}
        assert "marked" not in dash.line(2)

    play(scenario, folder=tmp_path)


def test_s_asks_which_way_if_both_are_marked(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "asterisk", "s")
        assert is_on_top(dash, VerbsScreen)
        assert "turn off 2 that are on" in dash.text
        await dash.press(pilot, "f")
        await dash.confirm(pilot)
        assert dash.seen() == {PATCH: 2}

    play(scenario, folder=tmp_path)


def test_delete_is_only_in_the_menu_of_verbs(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_BACKFILL, "v")
        assert "delete" in dash.text
        assert "it is off, the API would refuse" in dash.text  # why it cannot be triggered
        await dash.press(pilot, "d")
        assert is_on_top(dash, ConfirmScreen)
        await dash.confirm(pilot)
        await dash.look(pilot, 10)
        assert dash.seen() == {"DELETE /schedules/{id}": 1}
        assert "0 of 2" in dash.line(2)

    play(scenario, folder=tmp_path)


def test_a_lost_answer_is_unknown_and_then_found(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        backend, send = dash.session.backend, dash.session.backend.send

        async def lossy(outgoing: Outgoing) -> Accepted:
            dash.emulator.fault("lost-answer", count=1)
            return await send(outgoing)

        backend.send = lossy  # type: ignore[method-assign]  # reads before it must be answered
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        await dash.press(pilot, "enter")  # the dialog said what came of it
        assert "! unknown" in dash.row("orders_rollup")
        await dash.look(pilot, 20)
        assert "▸ runs" in dash.row("orders_rollup")
        assert dash.seen() == {RUN: 1}

    play(scenario, folder=tmp_path)


def test_an_accepted_change_that_is_never_applied_is_told(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        dash.emulator.fault("patch-ignored")
        await dash.press(pilot, *TO_ORDERS, "s")
        await dash.confirm(pilot)
        for _ in range(8):
            await dash.look(pilot, 60)
        assert "! no effect" in dash.row("orders_rollup")
        assert "no effect seen after 5 min" in dash.toasts[-1]
        assert dash.app.follower.is_trouble_shown
        await dash.press(pilot, "j")
        assert not dash.app.follower.is_trouble_shown

    play(scenario, folder=tmp_path)


def test_rows_stand_still_while_a_dialog_is_open_and_the_changes_are_counted(
    tmp_path: Path,
) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        under = dash.app.screen
        await dash.press(pilot, "t")
        below = under.query_one("#header").render_line(0).text
        assert "rows frozen" in below
        for _ in range(3):
            await dash.step(pilot, 600)
        assert dash.app.held_changes > 0
        await dash.press(pilot, "escape")
        assert "rows frozen" not in dash.line(0)
        assert dash.app.held_changes == 0

    play(scenario, folder=tmp_path)


def test_nothing_acts_while_this_profile_is_read_only(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        for key in ("t", "s", "e", "x", "u", "i"):
            await dash.press(pilot, key)
            assert is_on_top(dash, type(first)), key
        assert "(t trigger)  (s on/off)  (e cadence)  (x cancel)  (u undo)" in dash.line(-1)
        assert " RO " in dash.line(0)
        assert "read-only" in dash.toasts[-1]
        await dash.press(pilot, "question_mark")
        in_frame = [line.split("│")[1] for line in dash.text.split("\n") if line.count("│") == 2]
        why = (
            "This profile is read-only: read_only = true in the settings. Greyed here: t s e x u i"
        )
        assert why in " ".join(" ".join(in_frame).split())
        assert dash.seen() == {}

    from qsui.tui.screens.schedules import SchedulesScreen

    first = SchedulesScreen()
    play(scenario, folder=tmp_path, read_only=True)


def test_a_refused_key_says_why(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_BACKFILL)
        assert "(t trigger)" in dash.line(-1)
        await dash.press(pilot, "t")
        assert dash.toasts == ["t: it is off, the API would refuse"]
        await dash.press(pilot, "question_mark")
        assert "greyed here: t (it is off, the API would refuse)" in dash.text

    play(scenario, folder=tmp_path)


def test_quitting_asks_while_an_effect_is_looked_for(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)
        await dash.press(pilot, "q")
        assert dash.app.is_running
        assert "orders_rollup" in dash.text
        await dash.press(pilot, "escape")
        assert dash.app.is_running
        await dash.look(pilot, 20)
        await dash.press(pilot, "q")
        assert not dash.app.is_running or dash.app._exit

    play(scenario, folder=tmp_path)


def test_the_journal_tells_before_and_after_and_undoes_the_selected_action(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "s")
        await dash.confirm(pilot)
        await dash.look(pilot, 1)
        await dash.press(pilot, "escape", *TO_BACKFILL, "s")
        await dash.confirm(pilot)
        await dash.look(pilot, 10)
        await dash.press(pilot, "7")
        assert is_on_top(dash, JournalScreen)
        assert "turn on" in dash.line(4)
        assert "turn off" in dash.line(5)
        await dash.press(pilot, "j")
        assert "Before      on" in dash.text
        assert "After       off" in dash.text
        await dash.press(pilot, "u")
        assert "turn on orders_rollup" in dash.text
        await dash.confirm(pilot)
        await dash.look(pilot, 10)
        assert dash.seen() == {PATCH: 3}
        await dash.press(pilot, "end", "enter")
        assert "undone since" in dash.text

    play(scenario, folder=tmp_path)


def test_what_an_earlier_session_left_open_is_told(tmp_path: Path) -> None:
    async def first(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "t")
        await dash.confirm(pilot)

    async def second(dash: Acted, pilot: Pilot[None]) -> None:
        assert "begun earlier" in dash.toasts[0]
        await dash.press(pilot, "7")
        assert "trigger" in dash.line(4)

    play(first, folder=tmp_path)
    journal = tmp_path / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert "pid" in lines[0]
    journal.write_text("".join(json.dumps(line | GONE) + "\n" for line in lines))
    play(second, folder=tmp_path)


async def review(dash: Acted, pilot: Pilot[None]) -> None:
    """Press the form's last button, then the one that sends."""
    list(dash.app.screen.query(DialogButton))[-1].focus()
    await dash.press(pilot, "enter")
    assert is_on_top(dash, ConfirmScreen), dash.text
    await dash.confirm(pilot)


def test_a_new_query_is_pending_in_its_list_until_it_is_seen(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "4", "i", "q", *"tonight", "tab")
        dash.app.screen.query_one(TextArea).text = "SELECT 1"
        await review(dash, pilot)
        assert dash.seen() == {"POST /queries": 1}
        assert "» sent" in dash.row("tonight")
        await dash.press(pilot, "enter")  # it has no id yet
        assert "» sent" in dash.row("tonight")
        await dash.look(pilot, 20)
        assert "» sent" not in dash.text
        assert "tonight" in dash.text
        assert dash.toasts[-1].startswith("✓ tonight is there")

    play(scenario, folder=tmp_path)


def test_a_copy_of_a_schedule_is_pending_in_the_list_until_it_is_seen(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, *TO_ORDERS, "v", "c")
        await review(dash, pilot)
        assert dash.seen() == {"POST /schedules": 1}
        assert "» sent" in dash.row("orders_rollup copy")
        await dash.look(pilot, 20)
        assert "» sent" not in dash.text
        assert "orders_rollup copy" in dash.text
        assert "2 of 4" in dash.line(2)

    play(scenario, folder=tmp_path)


def test_the_sql_of_a_failed_run_can_be_run_again(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"profile_merge", "enter", "enter", "i", "r")
        await review(dash, pilot)
        assert dash.seen() == {"POST /queries": 1}
        await dash.look(pilot, 20)
        await dash.press(pilot, "7")
        assert "re-run" in dash.line(4)
        assert "done" in dash.line(4)

    play(scenario, folder=tmp_path)


def test_the_link_to_the_web_is_copied_if_there_is_one() -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "o")
        assert dash.app.clipboard == "https://web.example/x"
        assert "https://web.example/x" in dash.toasts[-1]

    play(scenario, web_url="https://web.example/x")


def test_a_journal_that_cannot_be_written_is_told_on_its_screen(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "7")
        assert "No actions yet in acme/prod." in dash.text
        assert "cannot be written" in dash.line(-2)

    (tmp_path / "journal.jsonl").mkdir()
    play(scenario, folder=tmp_path)
