"""The demo's child: it starts on its own, tells why if not, and never outlives its parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qsui.cli import demo_server
from qsui.cli.clocks import ScaledClock
from qsui.cli.common import Common
from qsui.cli.demo import demo_options
from qsui.cli.demo_server import DemoServer, bare_environment, check_installed
from qsui.domain.errors import ConfigError


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_the_child_of_a_killed_parent_ends_and_removes_its_folder() -> None:
    code = (
        "import os, time\nfrom qsui.cli.demo_server import DemoServer\n"
        "server = DemoServer.start('empty', 1.0, os.environ)\n"
        "print(server._process.pid, server.folder, server.base_url(), flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid, folder, url = parent.stdout.readline().split()
    assert url.startswith("http://127.0.0.1:")
    parent.send_signal(signal.SIGKILL)
    parent.wait(30)
    limit = time.monotonic() + 30
    while is_alive(int(pid)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not is_alive(int(pid))
    assert not Path(folder).exists()


def test_a_session_on_the_demo_reads_schedules_and_closes_everything() -> None:
    server = DemoServer.start("trouble", 60.0, os.environ | {"QSUI_BASE_URL": "http://x.invalid"})
    options = demo_options(Common(), server, 60.0)
    assert options.starting_words == "Starting the demo server"
    assert options.is_demo

    query_service = options.scopes[0]

    async def use() -> int:
        session = await query_service.open_session()
        try:
            await session.engine.poll_once()
            return len(session.store.snapshot.schedules(session.scope).records)
        finally:
            await session.aclose()
            await session.aclose()

    assert asyncio.run(use()) > 0
    assert not server.folder.exists()
    server.close()


def test_an_unknown_scene_is_a_sentence_that_names_the_known_ones() -> None:
    server = DemoServer.start("nonsense", 1.0, os.environ)
    try:
        with pytest.raises(ConfigError, match=r"did not start.*unknown scene 'nonsense'.*demo"):
            server.base_url()
    finally:
        server.close()
    assert not server.folder.exists()


def test_a_missing_extra_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo_server, "NEEDED", ("starlette", "no_such_module_of_ours"))
    with pytest.raises(ConfigError, match=r"needs no_such_module_of_ours: .*pip install") as caught:
        check_installed()
    assert caught.value.exit_code == 2


def test_the_child_sees_neither_settings_nor_proxies() -> None:
    environ = {"QSUI_CONFIG": "x", "http_proxy": "y", "HTTPS_PROXY": "z", "PATH": "p"}
    assert bare_environment(environ) == {"PATH": "p"}


def test_a_scaled_clock_runs_from_its_start() -> None:
    start = datetime(2026, 6, 4, tzinfo=UTC)
    clock = ScaledClock(start, 3600)
    assert clock.now() >= start
    began = time.monotonic()
    asyncio.run(clock.sleep(36))
    assert time.monotonic() - began < 30
    assert (clock.now() - start).total_seconds() >= 36


def test_the_emulator_verb_serves_and_ends_with_130() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "qsui", "emulator", "--port", "0", "--scene", "empty"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/_emulator/clock", timeout=20) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scene", "nonsense"), "unknown scene"),
        (("--fault", "nonsense"), "nonsense"),
        (("--quirk", "Q11=nonsense"), "Q11"),
    ],
)
def test_the_emulator_verb_refuses_nonsense_with_2(arguments: tuple[str, ...], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qsui", "emulator", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
