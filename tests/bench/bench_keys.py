"""Key to change: 100 rows, 100,000 rows, and a `DataTable` of 100 rows; bytes of a full repaint.

    python -m tests.bench.bench_keys [--rounds 3] [--presses 20]

Each program runs in a terminal of its own, in turn. The list starts without its pane, as the bare
table has none. Ends by itself after about a minute.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.pty_run import (
    DOWN,
    PAGE_DOWN,
    REPAINT,
    Line,
    Press,
    PtyRun,
    median,
    p95,
    report,
    terminal_env,
)
from tests.bench.scenery import programs

if TYPE_CHECKING:
    from collections.abc import Sequence

MADE_UP = str(Path(__file__).with_name("made_up.py"))
ON_SCREEN = 20
A_PAGE = 5_000
"""At the end of a list a page is less."""


@dataclass(slots=True)
class Keys:
    """The presses of one program, over all rounds."""

    moves: list[Press] = field(default_factory=list)
    pages: list[Press] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    repaints: list[int] = field(default_factory=list)

    def change_ms(self, presses: Sequence[Press]) -> list[float]:
        """Milliseconds from key to change."""
        return [press.change_s * 1000 for press in presses]


def one_round(command: Sequence[str], ready: bytes, presses: int, into: Keys) -> None:
    """Start a program, move, page, hold a key, end it."""
    with PtyRun(command, terminal_env()) as run:
        run.wait_for(ready)
        run.settle(quiet_s=0.6, limit_s=30)
        if command[1] == MADE_UP:
            run.press(b"p")
            run.settle()
            repainted = run.press(REPAINT)
            into.repaints += [repainted.bytes] if repainted else []
        run.press(DOWN)
        for _ in range(min(presses, ON_SCREEN)):
            press = run.press(DOWN)
            into.moves += [press] if press else []
        for _ in range(presses // 2):
            press = run.press(PAGE_DOWN)
            into.pages += [press] if press and press.bytes > A_PAGE else []
        into.lags_s.append(run.hold(DOWN, 40))
        run.quit(b"q")


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--presses", type=int, default=20)
    given = parser.parse_args()
    small, large, table = Keys(), Keys(), Keys()
    with programs() as (_, bare_table):
        for _ in range(given.rounds):
            for command, ready, keys in (
                ([sys.executable, MADE_UP, "100", "queries"], b"orders_", small),
                ([sys.executable, MADE_UP, "100000", "queries"], b"orders_", large),
                (bare_table, b"orders_rollup", table),
            ):
                one_round(command, ready, given.presses, keys)
    few, many, floor = (keys.change_ms(keys.moves) for keys in (small, large, table))
    pages, many_pages, table_pages = (k.change_ms(k.pages) for k in (small, large, table))
    lines = [
        Line("move: p95 at 100,000 rows over 100", p95(many) / p95(few), 1.3),
        Line("move: p50 over a DataTable's", median(few) / median(floor), 0.7),
        Line("page: p50 over a DataTable's", median(pages) / median(table_pages), 0.5),
        Line("page: p50 at 100,000 rows over 100", median(many_pages) / median(pages), 1.2),
        Line("held at 30/s: lag, 100 rows", median(small.lags_s) * 1000, 50, "ms"),
        Line("held at 30/s: lag, 100,000 rows", median(large.lags_s) * 1000, 50, "ms"),
        Line("full repaint", median(small.repaints) / 1000, 18, "kB"),
        Line("bytes of a move", median([press.bytes for press in small.moves]), None, "bytes"),
        Line("bytes of a page", median([press.bytes for press in small.pages]), None, "bytes"),
        Line("(move: p50 of a DataTable)", median(floor), None, "ms"),
    ]
    print(f"{given.rounds} rounds of {given.presses} presses")
    report(lines)


if __name__ == "__main__":
    main()
