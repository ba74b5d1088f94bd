"""Two scopes at once, a Query Service and an Alteryx Server, against one and a bare program.

    python -m tests.bench.bench_scopes [--pairs 5] [--idle 10]

One emulator answers for both. Rows of both are waited for, from the servers and from what an
earlier session remembered. Ends by itself after about 12 s for each pair.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.bench_start import NOWHERE, QSUI, ROW, SHELL, Figures, bare_once
from tests.bench.pty_run import Idle, Line, PtyRun, report, terminal_env
from tests.bench.scenery import emulator, programs

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTINGS = """
[profiles.qs]
base_url = "{url}"
token_url = "{tokens}/ims/token/v3"
org_id = "DE3000000000000000000001@AdobeOrg"
client_id = "qsui-demo"
client_secret_file = "{folder}/secret"
sandbox = "prod"

[profiles.ayx]
backend = "alteryx"
base_url = "{url}/webapi"
token_url = "{tokens}/webapi/oauth2/token"
client_id = "qsui-demo"
client_secret_file = "{folder}/secret"
"""
AYX_ROW = b"CRM accoun"
"""A schedule of the Alteryx Server that is among the first."""

QUIET_S = 3.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One start: seconds to the shell and to the rows of each scope, and memory then."""

    shell: float
    rows: float
    both: float
    memory: float
    rest: Idle | None


def write_settings(folder: Path, url: str, *, tokens: str = "") -> None:
    """Write the settings of both profiles; `tokens` is where they get their tokens."""
    secret = folder / "secret"
    secret.write_text("qsui-demo-secret")
    secret.chmod(0o600)
    words = SETTINGS.format(url=url, tokens=tokens or url, folder=folder)
    (folder / "config.toml").write_text(words)


def once(folder: Path, profiles: Sequence[str], *, idle_s: float = 0.0) -> Seen:
    """Start the dashboard on the profiles of a folder, wait for the rows, and end it."""
    env = terminal_env(
        QSUI_CONFIG=str(folder / "config.toml"), QSUI_STATE_DIR=str(folder / "state")
    )
    named = [word for name in profiles for word in ("--profile", name)]
    with PtyRun([*QSUI, *named], env) as run:
        shell = run.wait_for(SHELL)
        rows = run.wait_for(ROW)
        both = run.wait_for(AYX_ROW) if "ayx" in profiles else rows
        run.settle()
        memory = run.rss_mb()
        if idle_s:
            run.settle(quiet_s=QUIET_S)
        rest = run.idle(idle_s) if idle_s else None
        run.quit(b"q")
        return Seen(shell, rows, both, memory, rest)


def one_pair(bare: Sequence[str], url: str, kept: Path, idle_s: float, figures: Figures) -> None:
    """Run the bare program, one scope, both, and both on what they remember."""
    floor = bare_once(bare)
    starts = {}
    for what, profiles in (("one", ("qs",)), ("two", ("qs", "ayx"))):
        with tempfile.TemporaryDirectory(prefix="qsui-bench-") as fresh:
            write_settings(Path(fresh), url)
            starts[what] = once(Path(fresh), profiles, idle_s=idle_s)
    write_settings(kept, url, tokens=NOWHERE)
    known = once(kept, ("qs", "ayx"))
    one, two = starts["one"], starts["two"]
    figures.add(
        shell=two.shell / floor["shown"],
        rows=two.rows / floor["shown"],
        both=two.both / floor["shown"],
        first=two.rows / one.rows,
        known=known.rows / floor["shown"],
        known_both=known.both / floor["shown"],
        memory_one=one.memory / floor["memory"],
        memory_two=two.memory / floor["memory"],
        floor_s=floor["shown"],
    )
    if one.rest is not None and two.rest is not None:
        figures.add(
            cpu_one=one.rest.cpu * 100,
            cpu_two=two.rest.cpu * 100,
            wakeups=two.rest.wakeups_per_s,
            bytes=two.rest.bytes / idle_s,
        )


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--idle", type=float, default=10.0, metavar="SECONDS")
    given = parser.parse_args()
    figures = Figures()
    with (
        programs() as (bare, _),
        emulator("trouble") as url,
        tempfile.TemporaryDirectory(prefix="qsui-bench-") as kept,
    ):
        write_settings(Path(kept), url)
        once(Path(kept), ("qs", "ayx"), idle_s=1.0)  # fills history.db
        for _ in range(given.pairs):
            one_pair(bare, url, Path(kept), given.idle, figures)
    lines = [
        Line(words, figures.middle(name), budget, unit, figures.spread(name))
        for name, words, budget, unit in (
            ("shell", "two scopes: first paint of the shell", 1.3, "x"),
            ("rows", "two scopes: rows of the first, from its server", 2.4, "x"),
            ("first", "... over those of a single scope", 1.1, "x"),
            ("both", "two scopes: rows of both, from their servers", None, "x"),
            ("known", "two scopes: rows of the first, from history", 1.5, "x"),
            ("known_both", "two scopes: rows of both, from history", None, "x"),
            ("memory_one", "one scope: memory with the rows", 2.0, "x"),
            ("memory_two", "two scopes: memory with the rows", None, "x"),
            ("cpu_one", "one scope, polling: CPU", None, "%"),
            ("cpu_two", "two scopes, polling: CPU", None, "%"),
            ("wakeups", "two scopes, polling: wake-ups", None, "/s"),
            ("bytes", "two scopes, polling: bytes", None, "B/s"),
            ("floor_s", "(bare Textual: first paint)", None, "s"),
        )
    ]
    print(f"{given.pairs} pairs, medians; x: times a bare Textual program")
    report(lines)


if __name__ == "__main__":
    main()
