"""The dashboard in a real terminal on servers that lie, fail and go away."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.hostile import hostile_env, hostile_server
from tests.support.terminal import Terminal

QSUI = (sys.executable, "-m", "qsui")

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs a pty")

NEVER = (b"\x1b]52;", b"\x1b]0;", b"\x9b31m", b"\x1b[31mred", "\u202e".encode(), b"\x00")
"""What the hostile server sends and no terminal may receive."""


def test_records_that_lie_are_shown_harmlessly(tmp_path: Path) -> None:
    with hostile_server() as url:
        env = os.environ | hostile_env(url)
        with Terminal([*QSUI], env, columns=160, rows=45, cwd=tmp_path) as terminal:
            terminal.wait_for("evil-empty")
            seen = 0
            for keys, words in (
                ("/off-\r", "off-"),
                ("\x1b", "evil-"),
                ("G", ""),
                ("gX", ""),
                ("\r", ""),
                ("\r", ""),
                ("q", ""),
                ("q", ""),
                ("4", ""),
                ("\r", ""),
                ("y", ""),
                ("qq", ""),
                ("3", ""),
            ):
                terminal.keys(keys)
                terminal.settle()
                assert words in terminal.text[seen:]
                seen = len(terminal.text)
            terminal.keys("\x11")
            assert terminal.end() == 0
            assert "Traceback" not in terminal.text
            assert [bad for bad in NEVER if bad in terminal.output] == []
            assert terminal.left_clean() == ""


@pytest.mark.parametrize("hours", [-13, 5], ids=["behind", "ahead"])
def test_a_server_whose_clock_is_wrong_by_hours_is_read(hours: int, tmp_path: Path) -> None:
    with hostile_server(shift=timedelta(hours=hours)) as url:
        env = os.environ | hostile_env(url)
        with Terminal([*QSUI], env, cwd=tmp_path) as terminal:
            terminal.wait_for("evil-empty")
            terminal.keys("q")
            assert terminal.end() == 0
            assert "Traceback" not in terminal.text


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (300, 80), (1, 1)])
def test_windows_of_any_size_are_survived(size: tuple[int, int], tmp_path: Path) -> None:
    with hostile_server() as url:
        env = os.environ | hostile_env(url)
        with Terminal([*QSUI], env, cwd=tmp_path) as terminal:
            terminal.wait_for("evil-empty")
            for columns, rows in (size, (80, 24), size, (120, 36), size):
                terminal.resize(columns, rows)
                terminal.settle()
            terminal.keys("q")
            assert terminal.end() == 0
            assert "Traceback" not in terminal.text


def test_leaving_a_detail_while_it_is_drawn_is_harmless(tmp_path: Path) -> None:
    with hostile_server() as url:
        env = os.environ | hostile_env(url)
        with Terminal([*QSUI], env, cwd=tmp_path) as terminal:
            terminal.wait_for("evil-empty")
            for _ in range(6):
                for columns, rows in ((60, 20), (100, 30)):
                    terminal.keys("3\r")
                    terminal.settle(quiet_s=0.05)
                    terminal.resize(columns, rows)
                    terminal.keys("f3zq2")
            terminal.settle()
            terminal.keys("\x11")
            assert terminal.end() == 0
            assert "Traceback" not in terminal.text
