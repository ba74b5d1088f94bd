"""The cadence editor on the emulator: what is typed, what is shown, what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input

from qsui.domain.models import Schedule
from qsui.domain.states import ScheduleState
from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.tui.screens.cron_editor import CronChoice, CronEditorScreen
from qsui.tui.screens.explain import ExplainScreen
from qsui.tui.type_ahead import stamp
from qsui.tui.widgets.cron_field import TEXT_AT, CronField, PresetTree
from qsui.tui.widgets.dialog_parts import DialogButton
from tests.support.acting_plays import Acted, play
from tests.support.dashboard import Dashboard
from tests.support.emulator import OWNER, tiny_scene

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from textual.pilot import Pilot

Compare = Callable[..., bool]
"""The snapshot plugin's fixture."""

NIGHTLY = ScheduleSeed(
    "nightly_merge", "SELECT 1", "0 2 * * *", OWNER, base_s=1080, created_days_ago=20
)
EXPORTS = tuple(
    ScheduleSeed(f"export_{n}", "SELECT 1", "30 6,18 * * *", OWNER, created_days_ago=2)
    for n in range(3)
)
PARIS = {"timezone": "Europe/Paris"}


class Editing:
    """A dashboard with the editor of one schedule on top."""

    def __init__(self, name: str = "nightly_merge", **options: Any) -> None:
        self.name = name
        self.dash = Dashboard(tiny_scene(NIGHTLY, *EXPORTS), **(PARIS | options))
        self.came_out: list[CronChoice | None] = []

    @property
    def screen(self) -> CronEditorScreen:
        """The editor; it must be on top."""
        screen = self.dash.app.screen
        assert isinstance(screen, CronEditorScreen)
        return screen

    @property
    def field(self) -> CronField:
        return self.screen.query_one(CronField)

    def lines(self) -> list[str]:
        """What stands inside the frame."""
        inside = [line.split("│", 1)[1] for line in self.dash.text.split("\n") if "│" in line]
        return [line.rpartition("│")[0].strip() for line in inside]

    def line(self, label: str) -> str:
        return next(line for line in self.lines() if line.startswith(label))

    def record(self, **changes: Any) -> Schedule:
        session = self.dash.session
        records = session.store.snapshot.schedules(session.scope).records.values()
        found = next(r for r in records if isinstance(r, Schedule) and r.name == self.name)
        if changes:
            from dataclasses import replace

            found = replace(found, **changes)
        return found

    async def open(self, pilot: Pilot[None], **changes: Any) -> None:
        editor = CronEditorScreen(self.record(**changes))
        self.dash.app.push_screen(editor, self.came_out.append)
        await self.dash._settle(pilot)

    async def put(self, pilot: Pilot[None], text: str, *keys: str) -> None:
        """Put a text into the field as a paste would, then press keys."""
        self.dash.app.typed_at = stamp()
        self.field.value = text
        self.field.cursor_position = 0
        await self.dash._settle(pilot)
        await self.dash.press(pilot, *keys)


def edit(
    scenario: Callable[[Editing, Pilot[None]], Awaitable[None]],
    *,
    asked: Any = None,
    **options: Any,
) -> None:
    async def main() -> None:
        editing = Editing(**options)
        async with editing.dash.running() as pilot:
            await editing.open(pilot, **(asked or {}))
            await scenario(editing, pilot)

    asyncio.run(main())


def test_what_is_typed_is_read_and_its_fires_are_set_against_the_present_ones() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        keys = ("ctrl+k", "3", "0", "space", "asterisk", "slash", "6")
        await editing.dash.press(pilot, *keys, *(("space", "asterisk") * 3))
        assert "at minute 30 of every 6th hour UTC   ✓ valid" in editing.line("New")
        assert "every day at 02:00 UTC" in editing.line("Now")
        text = editing.dash.text
        assert "hour     0, 6, 12, 18" in text
        assert "+ Thu 04 06:30    08:30      ! 4 others" in text
        assert "+ Thu 04 12:30    14:30      1 other" in text
        assert "- Fri 05 02:00    removed           04:00" in text
        assert "Runs a day  1 → 4" in text
        assert "08:30 Paris is 07:30 from 25 Oct" in text
        assert 'PATCH replace /schedule/schedule "0 2 * * *" → "30 */6 * * *"' in text
        assert "u puts 0 2 * * * back, if nobody changed it since" in text
        assert "A run in progress is not touched." in text
        assert "[ Review ]" in text

    edit(scenario)


def test_a_bad_field_has_a_caret_under_it_and_the_value_stays() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, "30 25 * * *", "enter")
        lines = editing.dash.text.split("\n")
        at = next(index for index, line in enumerate(lines) if "│  New" in line)
        assert lines[at].index("25") == lines[at + 1].index("^")
        assert lines[at].index("30") == lines[at].index("New") + TEXT_AT
        assert "hour: 25 is outside 0-23." in lines[at + 2]
        assert "✗ not valid" in lines[at]
        assert "( Review )" in editing.dash.text
        assert editing.field.has_class("-bad")
        assert editing.field.value == "30 25 * * *"
        assert editing.came_out == []
        assert "Not valid yet: hour: 25 is outside 0-23." in editing.dash.text
        await editing.put(pilot, "30 2 * * *")
        assert not editing.field.has_class("-bad")
        assert "Not valid yet" not in editing.dash.text

    edit(scenario)


def test_quartz_is_refused_and_its_five_fields_are_offered_as_a_preset() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, "0 30 6 ? * MON-FRI")
        assert "6 fields, as Quartz writes it" in editing.dash.text
        assert "as five fields" in editing.dash.text
        await editing.dash.press(pilot, "tab", "enter")
        assert editing.field.value == "30 6 * * MON-FRI"
        assert "✓ valid" in editing.dash.text

    edit(scenario)


def test_up_and_down_step_the_field_under_the_cursor() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.dash.press(pilot, "up", "up")
        assert editing.field.value == "2 2 * * *"
        await editing.dash.press(pilot, "right", "right", "down")
        assert editing.field.value == "2 1 * * *"
        assert "every day at 01:02 UTC" in editing.dash.text
        await editing.dash.press(pilot, "end", "up")
        assert editing.field.value == "2 1 * * 0"
        await editing.put(pilot, "0 0 ? * *", "home", "right", "right", "right", "right", "up")
        assert editing.field.value == "0 0 ? * *"
        assert "Nothing to step here" in editing.dash.text

    edit(scenario)


def test_presets_are_chosen_with_arrows_and_put_into_the_field() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.dash.press(pilot, "tab")
        assert isinstance(editing.screen.focused, PresetTree)
        assert "Enter take preset" in editing.dash.text
        await editing.dash.press(pilot, "right", "right", "enter")
        assert editing.field.value == "0 2 * * 1"
        assert isinstance(editing.screen.focused, CronField)
        await editing.put(pilot, "30 6 * * *", "tab", "right", "right", "enter")
        assert editing.field.value == "25 6 * * *"
        assert "quietest 06:25" in editing.dash.text

    edit(scenario)


def test_enter_hands_on_the_expression_with_single_blanks_and_the_reason() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, "  30   6 * *  * ", "tab", "tab")
        assert editing.screen.focused is editing.screen.query_one("#reason", Input)
        await editing.dash.press(pilot, *"OPS", "minus", *"7", "enter")
        assert editing.came_out == [CronChoice("30 6 * * *", "OPS-7")]

    edit(scenario)


def test_what_did_not_change_cannot_be_reviewed_and_esc_discards() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.dash.press(pilot, "enter")
        assert "there is nothing to review" in editing.dash.text
        await editing.dash.press(pilot, "up", "escape")
        assert editing.came_out == [None]
        assert "PATCH" not in str(editing.dash.emulator.requests())

    edit(scenario)


def test_the_buttons_are_reached_by_tab_and_say_what_they_do() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, "@hourly", "tab", "tab", "tab")
        assert editing.screen.focused is editing.screen.query_one("#cancel", DialogButton)
        await editing.dash.press(pilot, "right", "enter")
        assert editing.came_out == [CronChoice("@hourly", "")]

    edit(scenario)


def test_f1_explains_the_dialect() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.dash.press(pilot, "f1")
        assert isinstance(editing.dash.app.screen, ExplainScreen)
        assert "Quartz" in editing.dash.text
        await editing.dash.press(pilot, "escape")
        assert isinstance(editing.dash.app.screen, CronEditorScreen)

    edit(scenario)


def test_dates_that_never_come_and_a_schedule_that_is_off_are_said() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        assert "UTC, once it is on" in editing.dash.text
        assert "Off: nothing runs until it is on" in editing.dash.text
        await editing.put(pilot, "0 0 30 2 *")
        assert "! never fires: no such date" in editing.dash.text
        assert "First run   never" in editing.dash.text

    edit(scenario, asked={"state": ScheduleState.DISABLED})


def test_an_expression_of_the_server_that_cannot_be_read_is_kept_and_told() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        assert "not an expression we can read" in editing.line("Now")
        assert editing.field.value == "0 0 2 * * ? [/x]"
        await editing.put(pilot, "0 2 * * *", "enter")
        assert editing.came_out == [CronChoice("0 2 * * *", "")]

    edit(scenario, asked={"cron": "0 0 2 * * ? [/x]"})


def test_a_pasted_line_end_or_escape_code_does_no_harm() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, "0 2\x1b]52;c;eA==\x07 * * *")
        assert "\x1b" not in editing.dash.text
        assert "\x1b" not in editing.field.value
        assert "✗ not valid" in editing.dash.text

    edit(scenario)


@pytest.mark.parametrize(
    "size",
    [(20, 5), (24, 8), (40, 12), (49, 30), (60, 20), (77, 19), (200, 50)],
    ids=lambda size: f"{size[0]}x{size[1]}",
)
def test_every_size_shows_the_field_and_takes_every_text(size: tuple[int, int]) -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        for text in ("30 */6 * * *", "0 25 * * *", "0 0 2 ? * *", "1,2,3,4,5,6,7,8,9 " * 5, ""):
            editing.field.value = text
            await pilot.pause()
            assert "New" in editing.dash.text or size[1] < 6
        await editing.put(pilot, "30 6 * * *", "tab", "tab", "tab", "tab", "tab")
        await editing.dash.press(pilot, "escape")
        assert editing.came_out == [None]

    edit(scenario, size=size)


def test_all_of_it_stands_on_a_small_terminal_without_scrolling() -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, "30 */6 * * *")
        text = editing.dash.text
        assert "more" not in text
        assert "Load of the next 48 hours" not in text
        for words in (
            "Presets",
            "Starts with",
            "Overlap",
            "from 25 Oct",
            "Sends",
            "Undo",
            "Reason",
        ):
            assert words in text

    edit(scenario, size=(80, 24))


def test_a_change_of_cadence_is_sent_with_its_reason_seen_and_put_back(tmp_path: Path) -> None:
    async def scenario(dash: Acted, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"orders", "enter", "e")
        dash.app.screen.query_one(CronField).value = "30 6 * * *"
        await dash.press(pilot, "tab", "tab", *"moved", "enter")
        assert dash.seen() == {}
        await dash.confirm(pilot)
        assert dash.seen() == {"PATCH /schedules/{id}": 1}
        await dash.look(pilot, 10)
        assert "every day 06:30" in dash.row("orders_rollup")
        deed = dash.session.control.deeds()[-1]
        assert (deed.intent.before, deed.intent.after) == ("0 * * * *", "30 6 * * *")
        assert deed.intent.reason == "moved"

    play(scenario, folder=tmp_path)


@pytest.mark.parametrize(
    "text", ["*/15 * * * *", "0 0 30 2 *", "30 25 * * *", "@once", "0 2 1 * *"]
)
def test_the_reason_is_in_sight_whatever_there_is_to_remark(text: str) -> None:
    async def scenario(editing: Editing, pilot: Pilot[None]) -> None:
        await editing.put(pilot, text)
        assert "Reason" in editing.dash.text
        assert "↓" not in editing.dash.text.split("Rows seen")[0].split("Reason")[1]

    asked = {"state": ScheduleState.DISABLED}
    edit(scenario, asked=asked)
    edit(scenario, asked=asked, size=(80, 24))


# Pictures


def looks_as_before(
    compare: Compare, editing: Editing, text: str, *keys: str, **changes: Any
) -> bool:
    async def then(pilot: Pilot[None]) -> None:
        await editing.open(pilot, **changes)
        await editing.put(pilot, text, *keys)

    dash = editing.dash
    return compare(dash.app, terminal_size=dash.size, run_before=dash.before(then=then))


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)], ids=["120x36", "80x24", "60x20"])
def test_look_of_an_edit(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Old and new in words, the tree under the field, the fires as one list, the numbers."""
    assert looks_as_before(snap_compare, Editing(size=size), "30 */6 * * *", "right")


def test_look_of_an_invalid_field(snap_compare: Compare) -> None:
    """The text in the error colour, a caret under the fault, the reason, what the field takes."""
    assert looks_as_before(snap_compare, Editing(), "30 25 * * *", "enter")


def test_look_of_quartz(snap_compare: Compare) -> None:
    """Why six fields are refused, and the five that they mean as the first preset."""
    assert looks_as_before(snap_compare, Editing(size=(80, 24)), "0 30 6 ? * MON-FRI", "tab")


def test_look_of_dates_that_never_come(snap_compare: Compare) -> None:
    """An amber sentence instead of words, every present fire removed, no first run."""
    assert looks_as_before(snap_compare, Editing(), "0 0 30 2 *")


def test_look_of_the_presets(snap_compare: Compare) -> None:
    """The chosen preset on a filled ground, the footer with its keys."""
    assert looks_as_before(snap_compare, Editing(), "30 6 * * 1-5", "tab", "right")


def test_look_of_many_runs(snap_compare: Compare) -> None:
    """Overlap in amber with what the limit does; every hour of the ruler is added to."""
    assert looks_as_before(snap_compare, Editing(), "*/15 * * * *")


def test_look_in_the_light_theme(snap_compare: Compare) -> None:
    """Dark text on light ground, the same roles."""
    assert looks_as_before(snap_compare, Editing(theme="qsui-light"), "30 */6 * * *")


def test_look_in_ascii_without_colour(
    snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No sign outside ASCII; digits instead of bars; bold, reverse and underline for colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    editing = Editing(ascii=True, no_color=True)
    assert looks_as_before(snap_compare, editing, "30 */6 * * *")
