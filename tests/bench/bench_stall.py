"""How long the event loop is kept from answering keys, by what a person or the server does.

    python -m tests.bench.bench_stall [--rows 100000] [--schedules 10000]

In process, on made-up records. A stall is CPU time, so that other work on the machine does not
count. Prints the worst stall of each step, and the memory of one more record.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qsui.domain.models import Kind
from qsui.tui.row_model import RowModel
from tests.bench import made_up
from tests.bench.pty_run import Line, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qsui.tui.app import QsuiApp
    from qsui.tui.options import Session

SIZE = (120, 40)
BUDGET_MS = 50.0
WORK = ("rebuild", "settle", "catch-up")


class Watch:
    """Notes the longest stretch of CPU time in which the loop did not come round."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.001)  # the clock is what is watched
            now = time.thread_time()
            self.worst_s = max(self.worst_s, now - last)
            last = now


async def step(
    app: QsuiApp, watch: Watch, what: str, act: Callable[[], object], lines: list[Line]
) -> None:
    """Do one thing, wait until all that it set going is done, note the worst stall."""
    await asyncio.sleep(0.05)
    watch.worst_s = 0.0
    began = time.perf_counter()
    result = act()
    if asyncio.iscoroutine(result):
        await result
    await asyncio.sleep(0.05)
    while any(worker.group in WORK and not worker.is_finished for worker in app.workers):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    took = time.perf_counter() - began
    stall = watch.worst_s * 1000
    lines.append(Line(what, stall, BUDGET_MS, "ms", note=f"done in {took:.2f} s"))


async def measure(count: int, kind: str) -> list[Line]:
    """Walk through one list of made-up rows."""
    session = made_up.session(count, kind)
    app = made_up.dashboard(session, kind)
    gate = asyncio.Event()

    async def opened() -> Session:
        await gate.wait()
        return session

    app.scopes = [replace(app.scopes[0], open_session=opened)]
    lines: list[Line] = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        watch = Watch()
        watching = asyncio.create_task(watch.run())
        await step(app, watch, f"{count:,} {kind}: load", gate.set, lines)
        screen: Any = app.screen
        screen.table.action_move(5)

        def filtered(text: str) -> None:
            screen.filter_text = text
            screen._apply_filter()

        for what, act in (
            ("filter", lambda: filtered("orders")),
            ("filter off", lambda: filtered("")),
            ("order turned round", screen.action_invert),
            ("another order", lambda: screen.action_sort_step(1)),
            ("ages step", app.tick),
            ("200 of them change", lambda: change(session, kind)),
            ("back on this screen", screen.catch_up),
            ("new rows let in", screen.let_in),
            ("next problem", lambda: screen.action_problem(1)),
            ("one opened", screen.action_open),
        ):
            await step(app, watch, f"{count:,} {kind}: {what}", act, lines)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return lines


def change(session: Session, kind: str) -> None:
    """Let the server change the first 200 records."""
    snapshot, now = session.store.snapshot, datetime.now(UTC)
    if kind == "queries":
        what, known = Kind.QUERY, snapshot.queries(made_up.SCOPE)
    else:
        what, known = Kind.SCHEDULE, snapshot.schedules(made_up.SCOPE)
    first: list[Any] = list(known.records.values())[:200]
    news = [replace(record, updated_at=now) for record in first]
    session.store.apply(made_up.SCOPE, what, "", news, read_at=now)


def bytes_per_record(count: int = 20_000) -> float:
    """Memory of one query in the store and in a list, with its keys."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    session = made_up.session(count, "queries")
    model: RowModel[object] = RowModel()
    model.set_sort(lambda row: (row.created_at,))  # type: ignore[attr-defined]  # a Query
    model.load(dict(session.store.snapshot.queries(made_up.SCOPE).records))
    model.rebuild_now()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / count


def kinds(rows: int, schedules: int) -> Iterator[tuple[int, str]]:
    """What to measure."""
    yield rows, "queries"
    yield schedules, "schedules"


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--schedules", type=int, default=10_000)
    given = parser.parse_args()
    lines: list[Line] = []
    for count, kind in kinds(given.rows, given.schedules):
        lines += asyncio.run(measure(count, kind))
    lines.append(Line("memory of one more query", bytes_per_record(), 1200, "bytes"))
    report(lines)


if __name__ == "__main__":
    main()
