"""What breaks from outside: signals at any moment, terminals that go away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal import Terminal, children, is_running

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO = (sys.executable, "-m", "qsui", "demo", "--scene", "trouble")

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def start_demo(tmp_path: Path) -> Terminal:
    """The demo whose temporary folder is made under `tmp_path`."""
    return Terminal(DEMO, os.environ | {"TMPDIR": str(tmp_path)}, cwd=tmp_path)


def wait_for_child(terminal: Terminal, folder: Path) -> list[int]:
    """Wait until the demo has made its folder and started its server."""
    limit = time.monotonic() + 20
    while not (list(folder.iterdir()) and children(terminal.process.pid)):
        assert time.monotonic() < limit
        time.sleep(0.01)
    return children(terminal.process.pid)


def assert_all_gone(terminal: Terminal, started: list[int], folder: Path) -> None:
    """Nothing is left: no child, no folder, no mode of the terminal, no traceback."""
    limit = time.monotonic() + 30
    while any(is_running(pid) for pid in started) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not any(is_running(pid) for pid in started)
    assert list(folder.iterdir()) == []
    assert "Traceback" not in terminal.text
    assert terminal.left_clean() == ""


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda terminal: terminal.keys("q"), 0),
        (lambda terminal: terminal.keys("\x11"), 0),
        (lambda terminal: terminal.signal(signal.SIGTERM), 143),
        (lambda terminal: terminal.signal(signal.SIGHUP), 129),
        (lambda terminal: terminal.signal(signal.SIGINT), 130),
    ],
    ids=["q", "ctrl+q", "SIGTERM", "SIGHUP", "SIGINT"],
)
def test_every_end_of_the_demo_leaves_nothing_behind(
    end: Callable[[Terminal], None], code: int, tmp_path: Path
) -> None:
    with start_demo(tmp_path) as terminal:
        terminal.wait_for("Cadence")
        started = children(terminal.process.pid)
        end(terminal)
        assert terminal.end() == code
        assert_all_gone(terminal, started, tmp_path)


@pytest.mark.parametrize("delay_s", [0.0, 0.15, 0.3, 0.45])
def test_a_signal_while_the_demo_starts_leaves_nothing_behind(
    delay_s: float, tmp_path: Path
) -> None:
    with start_demo(tmp_path) as terminal:
        started = wait_for_child(terminal, tmp_path)
        time.sleep(delay_s)
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 143
        assert_all_gone(terminal, started, tmp_path)


def test_impatient_signals_do_not_interrupt_the_clearing_up(tmp_path: Path) -> None:
    with start_demo(tmp_path) as terminal:
        terminal.wait_for("Cadence")
        started = children(terminal.process.pid)
        terminal.signal(signal.SIGHUP)
        while terminal.process.poll() is None:
            time.sleep(0.02)
            terminal.signal(signal.SIGTERM)
        assert terminal.end() in (129, 143, -signal.SIGTERM)  # the last: all was cleared already
        assert_all_gone(terminal, started, tmp_path)


def test_a_closed_terminal_ends_the_demo_and_its_server(tmp_path: Path) -> None:
    with start_demo(tmp_path) as terminal:
        terminal.wait_for("Cadence")
        started = children(terminal.process.pid)
        terminal.hang_up()
        terminal.end()
        limit = time.monotonic() + 30
        while any(is_running(pid) for pid in started) and time.monotonic() < limit:
            time.sleep(0.02)
        assert not any(is_running(pid) for pid in started)
        assert list(tmp_path.iterdir()) == []


def shell(words: str) -> tuple[int, str]:
    """Run `qsui` with shell redirections; its exit code and what it said on both streams."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m qsui {words}', sys.executable],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("cron '@daily' >&-", 0),
        ("cron '@daily' 2>&-", 0),
        ("cron nonsense 2>&-", 2),
        ("cron '@daily' <&- >&- 2>&-", 0),
        ("cron '@daily' >/dev/full", 1),
        ("cron '@daily' --from 0001-01-01T00:00:00+14:00", 2),
        ("cron '@daily' --from 9999-12-31T23:59:59Z", 2),
        ("list queries --since 0001-01-01T00:00:00+14:00", 2),
        ("show query ''", 2),
        ("show query ..", 2),
    ],
)
def test_odd_streams_and_arguments_end_in_a_sentence(words: str, code: int) -> None:
    ended, said = shell(words)
    assert "Traceback" not in said
    assert ended == code
