"""The dashboard in a real terminal on servers that lie, fail and go away."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.dashboard import Dashboard
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
            for keys in (
                "/off-\r",
                "\x1b",
                "G",
                "gX",
                "\r",
                "\r",
                "q",
                "q",
                "4",
                "\r",
                "y",
                "qq",
                "3",
            ):
                terminal.keys(keys)
                terminal.settle()
            terminal.keys("\x11")
            assert terminal.end() == 0
            assert "Traceback" not in terminal.text
            assert [bad for bad in NEVER if bad in terminal.output] == []
            assert terminal.left_clean() == ""


def test_a_list_that_may_not_be_read_is_told_on_every_screen() -> None:
    async def main() -> None:
        dash = Dashboard("trouble", size=(160, 30))
        async with dash.running() as pilot:
            dash.emulator.fault("forbidden-list", "queries")
            await dash.step(pilot, 15)
            status = dash.line(-2).strip()
            assert status.startswith("✗ ")
            assert "queries" in status
            assert status.endswith("r try now")

    asyncio.run(main())


def test_a_state_folder_that_cannot_be_used_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with hostile_server() as url:
        env = os.environ | hostile_env(url) | {"QSUI_STATE_DIR": str(tmp_path / "file")}
        with Terminal([*QSUI], env, cwd=tmp_path) as terminal:
            terminal.wait_for("evil-empty")
            terminal.wait_for("istory")
            terminal.keys("q")
            assert terminal.end() == 0


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


@pytest.mark.parametrize("gap_s", [0.03, 0.06])
@pytest.mark.parametrize("key", ["?", "\r", "S"])
def test_quitting_while_a_screen_opens_is_harmless(key: str, gap_s: float, tmp_path: Path) -> None:
    with hostile_server() as url:
        env = os.environ | hostile_env(url)
        with Terminal([*QSUI], env, cwd=tmp_path) as terminal:
            terminal.wait_for("evil-empty")
            terminal.settle()
            terminal.keys(key)
            time.sleep(gap_s)
            terminal.keys("\x11")
            assert terminal.end() == 0
            assert "Traceback" not in terminal.text
