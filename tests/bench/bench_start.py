"""Start, first rows, end, memory and rest of the dashboard, against a bare Textual program.

    python -m tests.bench.bench_start [--pairs 11] [--idle 10]

Both run in turn in a terminal of their own; ratios are medians over the pairs. An emulator answers
on this machine. Ends by itself after about 8 s for each pair.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.pty_run import Line, PtyRun, median, report, terminal_env
from tests.bench.scenery import emulator, programs, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

QSUI = [sys.executable, "-m", "qsui"]
SHELL = b"Schedules"
ROW = b"daily_profile"
NOWHERE = "http://127.0.0.1:9"


@dataclass(slots=True)
class Figures:
    """What the pairs gave, by name: one ratio, or one plain figure, for each."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **figures: float) -> None:
        """Keep one figure for each name."""
        for name, figure in figures.items():
            self.of.setdefault(name, []).append(figure)

    def middle(self, name: str) -> float:
        """The median of one name."""
        return median(self.of.get(name, []))

    def spread(self, name: str) -> str:
        """The smallest and the largest, for the noise."""
        values = self.of.get(name, [])
        return f"{min(values):.2f} .. {max(values):.2f}" if values else ""


def bare_once(command: Sequence[str]) -> dict[str, float]:
    """Start the bare program and end it."""
    with PtyRun(command, terminal_env()) as run:
        shown = run.wait_for(b"READY")
        run.settle()
        memory, cpu = run.rss_mb(), run.cpu_s()
        return {"shown": shown, "memory": memory, "cpu": cpu, "quit": run.quit(b"q")}


def ours_once(env: dict[str, str], command: Sequence[str] = QSUI) -> dict[str, float]:
    """Start the dashboard, wait for its shell and its first rows, and end it."""
    with PtyRun(command, env) as run:
        shown = run.wait_for(SHELL)
        rows = run.wait_for(ROW)
        run.settle()
        size = len(run.output)
        memory = run.rss_mb()
        return {
            "shown": shown,
            "rows": rows,
            "memory": memory,
            "bytes": size,
            "quit": run.quit(b"q"),
        }


def one_pair(bare: Sequence[str], url: str, kept: Path, figures: Figures) -> None:
    """Run the bare program, the dashboard on a server, and on what it remembers."""
    floor = bare_once(bare)
    with tempfile.TemporaryDirectory(prefix="qsui-bench-") as fresh:
        (Path(fresh) / "config.toml").touch()
        live = ours_once(terminal_env(**settings(url, Path(fresh))))
    known = ours_once(terminal_env(**settings(url, kept) | {"QSUI_TOKEN_URL": f"{NOWHERE}/token"}))
    figures.add(
        shell=live["shown"] / floor["shown"],
        rows=live["rows"] / floor["shown"],
        history=known["rows"] / floor["shown"],
        memory=live["memory"] / floor["memory"],
        end=live["quit"] / floor["quit"],
        floor_s=floor["shown"],
    )


def at_rest(command: Sequence[str], ready: bytes, seconds: float) -> tuple[float, float, int]:
    """CPU (share of a core), wake-ups a second and bytes of a program that nothing happens to."""
    with PtyRun(command, terminal_env()) as run:
        run.wait_for(ready)
        run.settle(quiet_s=1.0)
        idle = run.idle(seconds)
        run.quit(b"q")
        return idle.cpu, idle.wakeups_per_s, idle.bytes


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--idle", type=float, default=10.0, metavar="SECONDS")
    given = parser.parse_args()
    figures = Figures()
    made_up = [sys.executable, str(Path(__file__).with_name("made_up.py")), "100", "queries"]
    with (
        programs() as (bare, _),
        emulator("trouble") as url,
        tempfile.TemporaryDirectory(prefix="qsui-bench-") as kept,
    ):
        (Path(kept) / "config.toml").touch()
        ours_once(terminal_env(**settings(url, Path(kept))))  # fills history.db
        bare_once(bare)
        for _ in range(given.pairs):
            one_pair(bare, url, Path(kept), figures)
        rest = [
            (at_rest(made_up, b"orders_", given.idle), at_rest(bare, b"READY", given.idle))
            for _ in range(3)
        ]
    cpu = median([ours[0] / floor[0] for ours, floor in rest])
    lines = [
        Line("first paint of the shell", figures.middle("shell"), 1.3,
             note=figures.spread("shell")),
        Line("first rows, from a server", figures.middle("rows"), 2.4, note=figures.spread("rows")),
        Line("first rows, from history", figures.middle("history"), 1.5,
             note=figures.spread("history")),
        Line("memory with the first rows", figures.middle("memory"), 2.0,
             note=figures.spread("memory")),
        Line("quit", figures.middle("end"), 1.2, note=figures.spread("end")),
        Line("at rest: CPU", cpu, 1.5),
        Line("at rest: wake-ups", median([ours[1] for ours, _ in rest]), 15, "/s"),
        Line("at rest: bytes", median([ours[2] for ours, _ in rest]) / given.idle, None, "B/s"),
        Line("(bare Textual: first paint)", figures.middle("floor_s"), None, "s",
             note=figures.spread("floor_s")),
    ]  # fmt: skip
    print(f"{given.pairs} pairs, medians; x: times a bare Textual program")
    report(lines)


if __name__ == "__main__":
    main()
