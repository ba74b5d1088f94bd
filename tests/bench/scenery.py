"""What the measurements run against: an emulator in a process of its own, and bare programs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App[None]):
    BINDINGS = [("q", "quit", "quit")]
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield Static("READY")

Bare().run()
"""
"""The floor: a Textual program with one line of text; `q` ends it."""

DATA_TABLE = """
from textual.app import App
from textual.widgets import DataTable

class Table(App[None]):
    BINDINGS = [("q", "quit", "quit")]
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("State", "Name", "History", "Cadence", "Next", "Last", "Took", "Owner")
        for n in range(100):
            table.add_row("failing", f"orders_rollup_{n:05d}", "xxxxxxxxxx", "every 2 h at :15",
                          "02:15", "00:15", "12m 03s", "someone@example.com", key=str(n))

Table().run()
"""
"""The usual way to show 100 rows."""


@contextmanager
def programs() -> Iterator[tuple[list[str], list[str]]]:
    """Write the two bare programs to files; the commands that run them."""
    with tempfile.TemporaryDirectory(prefix="qsui-bench-") as folder:
        bare, table = Path(folder, "bare.py"), Path(folder, "table.py")
        bare.write_text(BARE)
        table.write_text(DATA_TABLE)
        yield [sys.executable, str(bare)], [sys.executable, str(table)]


@contextmanager
def emulator(scene: str, *options: str) -> Iterator[str]:
    """Run an emulator on a free port of this machine; its base URL."""
    command = [sys.executable, "-m", "qsui.emulator", "--port", "0", "--exit-on-stdin-close"]
    process = subprocess.Popen(
        [*command, "--scene", scene, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url.startswith("http://127.0.0.1:"):
            raise RuntimeError("the emulator did not start")
        _wait_until_it_answers(url)
        yield url
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _wait_until_it_answers(url: str) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{url}/_emulator/clock", timeout=30) as answer,  # noqa: S310
        ):
            answer.read()
            return
        time.sleep(0.1)
    raise RuntimeError("the emulator does not answer")


def settings(url: str, state: Path) -> dict[str, str]:
    """Return the variables that point the dashboard at an emulator."""
    return {
        "QSUI_BASE_URL": url,
        "QSUI_TOKEN_URL": f"{url}/ims/token/v3",
        "QSUI_CLIENT_ID": "qsui-demo",
        "QSUI_CLIENT_SECRET": "qsui-demo-secret",
        "QSUI_ORG_ID": "DE3000000000000000000001@AdobeOrg",
        "QSUI_SANDBOX": "prod",
        "QSUI_STATE_DIR": str(state),
        "QSUI_CONFIG": str(state / "none.toml"),
    }
