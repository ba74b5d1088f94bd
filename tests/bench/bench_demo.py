"""How soon `qsui demo` shows rows: from the start of the program, its server included.

    python -m tests.bench.bench_demo [--pairs 5]

The budget is 3 s on two cores. Ends by itself.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench.bench_start import ROW, SHELL, bare_once
from tests.bench.pty_run import Line, PtyRun, median, report, terminal_env
from tests.bench.scenery import programs


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    shells, rows, ends, floors = [], [], [], []
    with programs() as (bare, _):
        for _ in range(given.pairs):
            floors.append(bare_once(bare)["shown"])
            with PtyRun([sys.executable, "-m", "qsui", "demo"], terminal_env()) as run:
                shells.append(run.wait_for(SHELL))
                rows.append(run.wait_for(ROW))
                run.settle()
                ends.append(run.quit(b"q"))
    report(
        [
            Line("demo: frame", median(shells), None, "s"),
            Line("demo: rows", median(rows), 3.0, "s", note=f"{min(rows):.2f} .. {max(rows):.2f}"),
            Line("demo: rows", median([a / b for a, b in zip(rows, floors, strict=True)])),
            Line("demo: end, with its server", median(ends), None, "s"),
        ]
    )


if __name__ == "__main__":
    main()
