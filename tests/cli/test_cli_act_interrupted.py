"""Ctrl+C at each point of a verb that acts, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.emulator import QUERY_PATH, RunningServer, auth_headers, running_server
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POST = "POST /queries"


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """A file of SQL that runs until it is cancelled."""
    file = tmp_path / "held.sql"
    file.write_text("SELECT 1 -- hold")
    return file


def came(server: RunningServer) -> dict[str, int]:
    """How many requests came, by endpoint."""
    found: dict[str, int] = httpx.get(f"{server.url}/_emulator/requests").json()["endpoints"]
    return found


def listed(server: RunningServer) -> list[dict[str, Any]]:
    """All schedules."""
    answer = httpx.get(
        f"{server.url}{QUERY_PATH}/schedules?limit=100", headers=auth_headers(server.token())
    )
    rows: list[dict[str, Any]] = answer.json()["schedules"]
    return rows


def wait_for(server: RunningServer, endpoint: str, times: int = 1) -> None:
    limit = time.monotonic() + 20
    while came(server).get(endpoint, 0) < times:
        assert time.monotonic() < limit, came(server)
        time.sleep(0.01)


def start(server: RunningServer, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "qsui", *arguments, "--yes"],
        env=os.environ | server.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def slow(server: RunningServer, path: str, seconds: float) -> None:
    body: dict[str, Any] = {"name": "slow", "arg": str(seconds), "path": path}
    httpx.put(f"{server.url}/_emulator/faults", json=body).raise_for_status()


def test_an_interrupt_before_anything_left_is_130(server: RunningServer, sql: Path) -> None:
    slow(server, "/sandbox", 1.5)
    process = start(server, "create", "query", "--sql", str(sql))
    limit = time.monotonic() + 20
    while not any("sandbox" in endpoint for endpoint in came(server)):
        assert time.monotonic() < limit, came(server)
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "qsui: interrupted"
    assert POST not in came(server)


def test_an_interrupt_while_the_state_is_read_again_sends_nothing(
    server: RunningServer, tmp_path: Path
) -> None:
    names = ("orders_rollup", "profile_merge")
    ids = [row["id"] for row in listed(server) if row["query"]["name"] in names]
    command = (sys.executable, "-m", "qsui", "disable", *ids)
    with Terminal(command, os.environ | server.env, cwd=tmp_path) as terminal:
        terminal.wait_for("type prod to send")
        read = came(server)["GET /schedules/{id}"]
        slow(server, "/schedules/", 1.5)
        terminal.keys("prod\n")
        wait_for(server, "GET /schedules/{id}", read + 1)
        terminal.keys("\x03")
        assert terminal.end() == 130
        assert "interrupted: nothing more is sent" in terminal.text
        assert terminal.text.count("not sent: disable ") == 2
    assert "PATCH /schedules/{id}" not in came(server)


def test_an_interrupt_while_an_answer_is_awaited_waits_for_it(
    server: RunningServer, sql: Path
) -> None:
    slow(server, "/queries", 1.5)
    process = start(server, "create", "query", "--sql", str(sql), "--name", "held", "--wait")
    wait_for(server, POST)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out.startswith("sent: create held, query ")
    assert "waiting for the answer" in err
    assert came(server)[POST] == 1


def test_a_second_interrupt_ends_at_once_with_an_unknown_outcome(
    server: RunningServer, sql: Path
) -> None:
    slow(server, "/queries", 8)
    process = start(server, "create", "query", "--sql", str(sql), "--name", "held")
    wait_for(server, POST)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said = ""
    while "waiting for the answer" not in said:
        said = process.stderr.readline()
        assert said
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 5, err  # it did not wait for the answer, that would be known
    assert "what became of it is unknown" in err
    assert "Traceback" not in err


def test_an_interrupt_while_waiting_says_that_it_goes_on(server: RunningServer) -> None:
    httpx.put(f"{server.url}/_emulator/faults", json={"name": "patch-ignored"}).raise_for_status()
    process = start(server, "disable", "orders_rollup", "--wait")
    wait_for(server, "PATCH /schedules/{id}")
    assert process.stderr is not None
    said = ""
    while "waiting until it is done" not in said:
        said = process.stderr.readline()
        assert said
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out.startswith("sent: disable orders_rollup")
    assert "goes on at the server" in err


def test_an_interrupt_at_the_question_sends_nothing(server: RunningServer, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "qsui", "disable", "orders_rollup")
    with Terminal(command, os.environ | server.env, cwd=tmp_path) as terminal:
        terminal.wait_for("type prod to send")
        terminal.keys("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text
    assert "PATCH /schedules/{id}" not in came(server)


def test_the_sandbox_typed_at_a_terminal_sends(server: RunningServer, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "qsui", "disable", "orders_rollup", "--wait")
    with Terminal(command, os.environ | server.env, cwd=tmp_path) as terminal:
        terminal.wait_for("type prod to send")
        terminal.keys("prod\n")
        terminal.wait_for("done after")
        assert terminal.end() == 0
    assert came(server)["PATCH /schedules/{id}"] == 1
