"""How the list compares with a `DataTable`, in process, as ratios; prints, asserts nothing.

    python -m tests.bench.bench_table

Medians of the CPU time of several rounds, a frame composed in each: waiting for the next frame is
the same for both. Quote the ratios, not the times.
"""

from __future__ import annotations

import asyncio
import statistics
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from qsui.present.layout import Column
from qsui.present.role import Cell, Role
from qsui.tui.row_model import RowModel
from qsui.tui.themes import themes
from qsui.tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

SIZE = (120, 40)
ROUNDS = 15
Row = tuple[int, str]
COLUMNS = tuple(Column(f"c{i}", f"Column {i}", 12, drop=i, ages=i == 3) for i in range(8))


def cells(row: Row) -> tuple[Cell, ...]:
    state = Cell((("x failed", Role.ERROR),)) if row[0] == 0 else Cell((("ok", Role.OK),))
    return (state, Cell(((row[1], Role.TEXT),)), *(Cell((("value", Role.MUTED),)),) * 6)


def rows(count: int) -> dict[str, Row]:
    return {f"k{i:06}": (1, f"name_{i:06}") for i in range(count)}


class Ours(App[None]):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.model: RowModel[Row] = RowModel()
        self.model.set_sort(lambda row: row, group=lambda row: row[0])
        self.model.load(rows(count))
        self.model.rebuild_now()

    def compose(self) -> ComposeResult:
        yield RecordTable(self.model, cells=cells)

    def on_mount(self) -> None:
        for theme in themes():
            self.register_theme(theme)
        self.theme = "qsui-dark"
        self.query_one(RecordTable).show_columns(COLUMNS)
        self.query_one(RecordTable).focus()


class Theirs(App[None]):
    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for column in COLUMNS:
            table.add_column(column.title, key=column.id)
        for key, row in rows(100).items():
            table.add_row("ok", row[1], *("value",) * 6, key=key)
        table.focus()


async def median_of(pilot: Pilot[None], act: Callable[[int], None]) -> float:
    times = []
    for turn in range(ROUNDS):
        began = process_time()
        act(turn)
        await pilot.pause()
        pilot.app.screen._compositor.render_strips()
        times.append(process_time() - began)
    return statistics.median(times) * 1000


async def measured(
    app: App[None],
    down: Callable[[], None],
    page: Callable[[int], None],
    change: Callable[[int], None],
) -> dict[str, float]:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        return {
            "cursor, no scrolling": await median_of(pilot, lambda _: down()),
            "page down and up": await median_of(pilot, page),
            "one visible change": await median_of(pilot, change),
        }


def ours(count: int) -> dict[str, float]:
    app = Ours(count)

    def change(turn: int) -> None:
        table = app.query_one(RecordTable)
        key = table.visible_keys()[2]
        table.take(app.model.apply({key: (1, f"changed_{turn}")}))

    return asyncio.run(
        measured(
            app,
            lambda: app.query_one(RecordTable).action_move(1),
            lambda turn: app.query_one(RecordTable).action_page(-1 if turn % 2 else 1, 1),
            change,
        )
    )


def theirs() -> dict[str, float]:
    app = Theirs()

    def page(turn: int) -> None:
        table = app.query_one(DataTable)
        if turn % 2:
            table.action_page_up()
        else:
            table.action_page_down()

    return asyncio.run(
        measured(
            app,
            lambda: app.query_one(DataTable).action_cursor_down(),
            page,
            lambda turn: app.query_one(DataTable).update_cell("k000002", "c1", f"n{turn}"),
        )
    )


def applying(count: int) -> float:
    model: RowModel[Row] = RowModel()
    model.set_sort(lambda row: row, group=lambda row: row[0])
    model.load(rows(count))
    model.rebuild_now()
    times = []
    for turn in range(ROUNDS):
        changes = {f"k{i:06}": (turn % 3, f"m{turn}") for i in range(0, count, count // 200)}
        began = perf_counter()
        model.apply(changes)
        times.append(perf_counter() - began)
    return statistics.median(times) * 1000


async def rebuilding(count: int) -> float:
    model: RowModel[Row] = RowModel()
    model.set_sort(lambda row: row)
    model.load(rows(count))
    await model.rebuild()
    return model.counters.longest_slice_s * 1000


def main() -> None:
    base, small, large = theirs(), ours(100), ours(100_000)
    print("                       ours 100 / DataTable 100   ours 100,000 / ours 100")
    for name, theirs_ms in base.items():
        print(f"{name:22} {small[name] / theirs_ms:12.2f} {large[name] / small[name]:26.2f}")
    print(f"apply 200 changes: {applying(100_000):.1f} ms at 100,000 rows (budget 10)")
    print(f"longest slice of a rebuild: {asyncio.run(rebuilding(100_000)):.1f} ms (budget 50)")


if __name__ == "__main__":
    main()
