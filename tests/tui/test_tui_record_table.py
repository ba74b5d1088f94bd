"""The list widget: what is repainted, what it costs, and that nothing moves under the cursor."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver

from qsui.present.layout import Column
from qsui.present.role import Cell, Role
from qsui.present.signs import ASCII, UNICODE
from qsui.tui.row_model import RowModel
from qsui.tui.themes import themes
from qsui.tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from textual.pilot import Pilot

COLUMNS = (
    Column("state", "State", 12),
    Column("name", "Name", 18, flex=True, max_width=32),
    Column("history", "Last 20", 20, drop=2, small=("Last 12", 12)),
    Column("next", "Next", 6, align="right", drop=1, ages=True),
    Column("cadence", "Cadence, UTC", 16, drop=3),
    Column("median", "Median", 6, align="right", drop=4),
    Column("owner", "Owner", 11, drop=5),
)


HEAD = ["State", "Name", "Last", "20", "Next", "Cadence,", "UTC", "Median", "Owner"]


@dataclass(frozen=True, slots=True)
class Row:
    rank: int
    name: str
    next: str = "22h47"

    @property
    def is_bad(self) -> bool:
        return self.rank == 0


def cells(row: Row) -> tuple[Cell, ...]:
    state = ("✗ failed 6", Role.ERROR) if row.is_bad else ("✓ ok", Role.OK)
    bad: tuple[tuple[str, Role], ...] = (
        (("▂" * 8, Role.MUTED), ("✗✗", Role.ERROR), ("▂" * 4, Role.MUTED), ("✗" * 6, Role.ERROR))
        if row.is_bad
        else (("▂" * 20, Role.MUTED),)
    )
    return (
        Cell((state,)),
        Cell(((row.name, Role.TEXT),), elide="middle"),
        Cell(bad, "right", "oldest"),
        Cell(((row.next, Role.MUTED),), "right"),
        Cell((("every day 02:00", Role.MUTED),)),
        Cell((("18m", Role.MUTED),), "right"),
        Cell((("tech-acct-7", Role.MUTED),)),
    )


def rows(count: int) -> dict[str, Row]:
    return {f"k{i:06}": Row(1, f"schedule_{i:06}") for i in range(count)}


def by_risk(row: Row) -> tuple[int, str]:
    return (row.rank, row.name)


class TableApp(App[None]):
    def __init__(
        self, model: RowModel[Row], *, plain: bool = False, theme: str = "qsui-dark"
    ) -> None:
        super().__init__(ansi_color=None)
        self.model = model
        self.signs = ASCII if plain else UNICODE
        self.first_theme = theme
        self.messages: list[Any] = []

    def compose(self) -> ComposeResult:
        def fitted(row: Row) -> tuple[Cell, ...]:
            known = dict(zip((column.id for column in COLUMNS), cells(row), strict=True))
            return tuple(known[column.id] for column, _ in self.table.columns)

        yield RecordTable(self.model, cells=fitted, signs=self.signs)

    @property
    def table(self) -> RecordTable[Row]:
        return self.query_one(RecordTable)

    def on_mount(self) -> None:
        for theme in themes():
            self.register_theme(theme)
        self.theme = self.first_theme
        self.table.show_columns(COLUMNS)
        self.table.focus()

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        self.messages.append(event)

    def on_record_table_selected(self, event: RecordTable.Selected) -> None:
        self.messages.append(event)

    def on_record_table_viewport(self, event: RecordTable.Viewport) -> None:
        self.messages.append(event)


def model_of(count: int) -> RowModel[Row]:
    model: RowModel[Row] = RowModel()
    model.set_sort(by_risk, group=lambda row: row.rank)
    model.apply(rows(count))
    model.rebuild_now()
    return model


Scenario = Callable[[TableApp, "Pilot[None]"], Awaitable[None]]


def play(
    scenario: Scenario,
    *,
    count: int = 200,
    size: tuple[int, int] = (120, 30),
    model: RowModel[Row] | None = None,
    plain: bool = False,
    theme: str = "qsui-dark",
) -> None:
    async def main() -> None:
        app = TableApp(model or model_of(count), plain=plain, theme=theme)
        async with app.run_test(size=size) as pilot:
            app.table.take(app.model.rebuild_now())
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(main())


class Wire:
    """Counts what would reach the terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        self.text = ""
        monkeypatch.setattr(HeadlessDriver, "is_headless", property(lambda _: False))
        monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: self.add(data))

    def add(self, data: str) -> None:
        self.bytes += len(data.encode("utf-8", "surrogatepass"))
        self.text += data

    def take(self) -> int:
        taken, self.bytes, self.text = self.bytes, 0, ""
        return taken


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


def screen_text(app: TableApp) -> list[str]:
    table = app.table
    return [table.render_line(y).text for y in range(table.size.height)]


def test_the_first_screen_shows_head_rows_and_how_many_follow() -> None:
    async def scenario(app: TableApp, _: Pilot[None]) -> None:
        text = screen_text(app)
        assert text[0].split() == HEAD
        assert text[1].startswith("▌  ✓ ok          schedule_000000")
        assert text[-1].strip() == "↓ 172 more"
        assert all(len(line) == 120 for line in text)

    play(scenario)


def test_ascii_signs_replace_one_for_one() -> None:
    async def scenario(app: TableApp, _: Pilot[None]) -> None:
        assert screen_text(app)[1].startswith("> ")
        assert screen_text(app)[-1].strip() == "v 172 more"

    play(scenario, plain=True)


def test_keys_move_the_cursor_and_say_so() -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        await pilot.press("j", "down", "k")
        assert table.cursor_key == "k000001"
        await pilot.press("G")
        assert table.cursor_key == "k000199"
        assert "↓" not in screen_text(app)[-1]
        await pilot.press("g", "ctrl+d", "pagedown", "enter")
        assert isinstance(app.messages[-1], RecordTable.Selected)
        assert app.messages[-1].key == table.cursor_key == "k000042"
        assert any(isinstance(message, RecordTable.Viewport) for message in app.messages)

    play(scenario)


def test_the_window_jumps_by_half_a_page_when_the_cursor_leaves_it() -> None:
    async def scenario(app: TableApp, _: Pilot[None]) -> None:
        table = app.table
        for _step in range(27):
            table.action_move(1)
        assert table.first_shown == 0
        table.action_move(1)
        assert table.first_shown == 14
        assert table.visible_keys()[0] == "k000014"

    play(scenario)


def test_a_click_selects_and_a_double_click_opens() -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        await pilot.click(RecordTable, offset=(20, 4))
        assert app.table.cursor_key == "k000003"
        await pilot.click(RecordTable, offset=(20, 5), times=2)
        await pilot.pause()
        assert isinstance(app.messages[-1], RecordTable.Selected)
        assert app.messages[-1].key == "k000004"

    play(scenario)


def test_a_poll_without_changes_writes_nothing_and_draws_no_row(wire: Wire) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        built = app.table.rows_built
        wire.take()
        for _ in range(5):
            app.table.take(app.model.apply(rows(200)))
            app.table.refresh_ages()
            await pilot.pause()
        assert wire.take() == 0
        built_by_ages = 5 * len(app.table.visible_keys())
        assert app.table.rows_built <= built + built_by_ages
        app.table.take(app.model.apply(rows(200)))
        await pilot.pause()
        assert app.table.rows_built <= built + built_by_ages

    play(scenario)


@pytest.mark.parametrize("changed", [1, 5, 20])
def test_changed_visible_rows_cost_at_most_480_bytes_each(wire: Wire, changed: int) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        wire.take()
        first = rows(200)
        new = {
            key: Row(1, f"renamed_{i:06}", "3h07") for i, key in enumerate(list(first)[:changed])
        }
        new |= {key: replace(first[key], next="1s") for key in list(first)[100:150]}
        app.table.take(app.model.apply(new))
        await pilot.pause()
        assert 0 < wire.take() <= changed * 480 + 300

    play(scenario)


def test_failing_rows_too_stay_within_480_bytes_and_nine_runs(wire: Wire) -> None:
    model = model_of(200)
    names = list(rows(200))
    model.apply({key: Row(0, f"bad_{i}") for i, key in enumerate(names[:20])})
    model.rebuild_now()

    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        wire.take()
        new = {key: Row(0, f"worse_{i}", "1h00") for i, key in enumerate(names[:20])}
        app.table.take(app.model.apply(new))
        await pilot.pause()
        assert 0 < wire.take() <= 20 * 480 + 300
        for y in range(app.table.size.height):
            assert len(app.table.render_line(y)) <= 9

    play(scenario, model=model)


def test_only_the_cells_that_an_age_changed_are_written(wire: Wire) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        later = "22h46"
        table.cells = lambda row: cells(replace(row, next=later))[: len(table.columns)]
        wire.take()
        table.refresh_column("next")
        await pilot.pause()
        assert 0 < wire.take() < 28 * 75
        assert all(later in line for line in screen_text(app)[1:-1])

    play(scenario)


def test_a_full_repaint_stays_within_18_kilobytes_at_120x40(wire: Wire) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        wire.take()
        app.table.refresh()
        await pilot.pause()
        assert 0 < wire.take() <= 18_000

    play(scenario, size=(120, 40))


def test_moving_the_cursor_writes_two_lines(wire: Wire) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        wire.take()
        app.table.action_move(1)
        await pilot.pause()
        assert 0 < wire.take() <= 2 * 480 + 300

    play(scenario)


def test_a_thousand_random_refreshes_move_neither_cursor_nor_its_line() -> None:
    random_ = random.Random(7)  # noqa: S311 - a fixed sequence
    known = rows(120)

    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table, model = app.table, app.model
        for _step in range(40):
            table.action_move(1)
        key, line = table.cursor_key, table.cursor_line
        assert key is not None
        for step in range(1000):
            keys = random_.sample(sorted(known), 6)
            upserts = {
                k: Row(random_.choice([0, 1, 1, 2]), f"n{random_.randrange(999)}") for k in keys[:4]
            }
            upserts[f"new{step}"] = Row(random_.choice([0, 1, 2]), f"x{step}")
            removed = [k for k in keys[4:] if k != key][:1]
            for gone in removed:
                known.pop(gone, None)
            known.update(upserts)
            table.take(model.apply(upserts, removed))
            assert (table.cursor_key, table.cursor_line) == (key, line)
            shown = table._shown[line]
            assert shown.key == key
            assert shown.flags.cursor
        await pilot.pause()
        assert screen_text(app)[line].startswith("▌")

    play(scenario, count=120)


def test_when_the_cursors_row_goes_the_next_one_takes_its_line() -> None:
    async def scenario(app: TableApp, _: Pilot[None]) -> None:
        table = app.table
        for _step in range(5):
            table.action_move(1)
        line = table.cursor_line
        table.take(app.model.apply({}, ["k000005"]))
        assert (table.cursor_key, table.cursor_line) == ("k000006", line)
        table.take(app.model.apply({}, list(rows(200))))
        assert table.cursor_key is None
        table.take(app.model.apply({"a": Row(1, "a")}))
        assert table.cursor_key == "a"

    play(scenario)


def test_while_first_rows_come_the_cursor_stays_on_the_first() -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        table.follow_first = True
        table.take(app.model.apply({"z": Row(0, "trouble")}))
        assert table.cursor_key == "z"
        await pilot.press("j")
        table.take(app.model.apply({"y": Row(0, "another")}))
        assert table.cursor_key == "k000000"

    play(scenario)


@pytest.mark.parametrize("width", range(6))
@pytest.mark.parametrize("height", [0, 1, 2, 3, 5])
def test_no_size_is_too_small(width: int, height: int) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        table.styles.width, table.styles.height = width, height
        await pilot.pause()
        for action in (table.action_move, table.action_ends, table.action_columns):
            action(1)
        table.action_page(1, 2)
        table.take(app.model.apply({"n": Row(0, "new")}))
        await pilot.pause()
        assert [table.render_line(y).cell_length for y in range(height)] == [width] * height

    play(scenario, size=(20, 8))


def test_columns_that_do_not_fit_come_into_sight_with_l() -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        assert "owner" not in [column.id for column, _ in table.columns]
        await pilot.press("l", "l", "l", "l", "l", "l")
        ids = [column.id for column, _ in table.columns]
        assert ids[:2] == ["state", "name"]
        assert ids[-1] == "owner"
        await pilot.press("h", "h", "h", "h", "h", "h")
        assert [column.id for column, _ in table.columns][2] == "history"

    play(scenario, size=(80, 24))


@pytest.mark.parametrize("theme", ["qsui-light", "qsui-16"])
def test_another_theme_redraws_all_lines(theme: str) -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        before = app.table.render_line(1)
        app.theme = theme
        await pilot.pause()
        assert app.table.render_line(1) != before

    play(scenario)


def test_without_focus_only_the_bar_marks_the_cursor() -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        focused = app.table.render_line(1)
        app.set_focus(None)
        await pilot.pause()
        blurred = app.table.render_line(1)
        assert focused.text == blurred.text
        assert [s.style.bgcolor for s in blurred if s.style] != [
            s.style.bgcolor for s in focused if s.style
        ]

    play(scenario)


def test_a_long_list_scrolls_like_a_short_one() -> None:
    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        built = table.rows_built
        await pilot.press("G", "pageup", "g", "pagedown")
        assert table.rows_built - built < 5 * 40

    play(scenario, count=20_000)


def test_after_any_changes_the_screen_shows_what_the_lines_say() -> None:
    random_ = random.Random(3)  # noqa: S311 - a fixed sequence

    async def scenario(app: TableApp, pilot: Pilot[None]) -> None:
        table = app.table
        for step in range(60):
            action = random_.choice(
                ["j", "k", "pagedown", "g", "G", "change", "age", "mark", "new"]
            )
            key = random_.choice(sorted(app.model.keys()))
            if action == "change":
                row = Row(random_.choice([0, 1]), f"r{step}")
                table.take(app.model.apply({key: row}))
            elif action == "age":
                table.refresh_ages()
            elif action == "mark":
                app.model.marks ^= {key, table.cursor_key or key}
                table.refresh_rows([key])
            elif action == "new":
                table.take(app.model.apply({f"new{step}": Row(0, "new")}, [key]))
            else:
                await pilot.press(action)
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            for y in range(table.size.height):
                assert strips[y].text == table.render_line(y).text
                on_screen = [(s.text, s.style) for s in strips[y].simplify()]
                drawn = [(s.text, s.style) for s in table.render_line(y).simplify()]
                assert on_screen == drawn

    play(scenario, count=60, size=(100, 20))
