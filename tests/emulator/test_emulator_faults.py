"""Every fault does what its name says, as long as it is on; control; the process itself."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from qsui.emulator.faults import FaultName, parse_json, parse_option
from tests.support.emulator import (
    QUERY_PATH,
    TOKEN_FORM,
    Emulator,
    RunningServer,
    auth_headers,
    running_server,
)

pytestmark = pytest.mark.anyio

LISTS = f"{QUERY_PATH}/schedules"


@pytest.fixture
async def control(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the control addresses, without credentials."""
    async with httpx.AsyncClient(
        transport=emulator.transport(), base_url=f"{emulator.url}/_emulator"
    ) as client:
        yield client


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A real server whose time stands still."""
    with running_server(speed=0) as running:
        yield running


# In process


async def test_an_expired_token_spares_the_login(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    emulator.fault("expired-token", count=1)
    login = await http.post(f"{emulator.url}/ims/token/v3", data=TOKEN_FORM)
    assert login.status_code == 200
    refused = await http.get("/schedules")
    assert (refused.status_code, refused.json()["error_code"]) == (401, "401013")
    assert refused.headers["x-request-id"]
    assert (await http.get("/schedules")).status_code == 200
    emulator.fault("expired-token", "empty")
    assert (await http.get("/schedules")).content == b""


async def test_one_list_is_forbidden(emulator: Emulator, http: httpx.AsyncClient) -> None:
    emulator.fault("forbidden-list", "queries")
    refused = await http.get("/queries")
    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")
    assert (await http.get("/schedules")).status_code == 200
    emulator.fault("forbidden-list")
    assert (await http.get("/query-templates")).status_code == 403


async def test_too_many_requests_with_and_without_a_hint(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    emulator.fault("rate-limit", 7, count=1)
    refused = await http.get("/schedules")
    assert (refused.status_code, refused.json()["error_code"]) == (429, "429050")
    assert refused.headers["retry-after"] == "7"
    emulator.fault("rate-limit-bare", count=1)
    refused = await http.get("/schedules")
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers
    assert (await http.get("/schedules")).status_code == 200


async def test_a_burst_of_server_errors(emulator: Emulator, http: httpx.AsyncClient) -> None:
    emulator.fault("server-errors", count=4)
    codes = [(await http.get("/schedules")).status_code for _ in range(5)]
    assert codes == [500, 502, 503, 500, 200]
    emulator.fault("server-errors", 504, path="/runs")
    assert (await http.get("/schedules")).status_code == 200
    assert (await http.get("/schedules/x/runs")).status_code == 504


async def test_an_answer_is_slow(emulator: Emulator, http: httpx.AsyncClient) -> None:
    emulator.fault("slow", 0.04, count=1)
    began = time.monotonic()
    assert (await http.get("/schedules")).status_code == 200
    assert time.monotonic() - began >= 0.04


async def test_json_is_cut(emulator: Emulator, http: httpx.AsyncClient) -> None:
    emulator.fault("truncated", count=1)
    answer = await http.get("/schedules")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_a_web_page_comes_instead(emulator: Emulator, http: httpx.AsyncClient) -> None:
    emulator.fault("html")
    answer = await http.get("/schedules")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    emulator.fault("html", 503)
    assert (await http.get("/schedules")).status_code == 503


async def test_a_reset_does_nothing_and_a_lost_answer_everything(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    body = {"name": "t", "sql": "SELECT 1"}
    count = "/query-templates/count"
    emulator.fault("reset", count=1)
    with pytest.raises(httpx.ReadError):
        await http.post("/query-templates", json=body)
    assert (await http.get(count)).json()["totalCount"] == 0
    emulator.fault("lost-answer", count=1)
    with pytest.raises(httpx.ReadError):
        await http.post("/query-templates", json=body)
    assert (await http.get(count)).json()["totalCount"] == 1


async def test_a_patch_is_ignored(emulator: Emulator, http: httpx.AsyncClient) -> None:
    schedules = (await http.get("/schedules")).json()["schedules"]
    path = f"/schedules/{next(row['id'] for row in schedules if row['state'] == 'ENABLED')}"
    emulator.fault("patch-ignored", count=1)
    body = {"body": [{"op": "replace", "path": "/state", "value": "disable"}]}
    assert (await http.patch(path, json=body)).status_code == 202
    assert (await http.get(path)).json()["state"] == "ENABLED"
    assert (await http.patch(path, json=body)).status_code == 202
    assert (await http.get(path)).json()["state"] == "DISABLED"


@pytest.mark.parametrize("name", list(FaultName))
def test_faults_have_one_form_as_option_and_as_json(name: FaultName) -> None:
    assert parse_option(name) == parse_json({"name": name})
    assert parse_option(f"{name}:400") == parse_json({"name": name, "arg": "400"})


@pytest.mark.parametrize(
    "body",
    [
        {"name": "fire"},
        {},
        [],
        {"name": "slow", "arg": "long"},
        {"name": "slow", "count": 0},
        {"name": "html", "arg": 9999},
        {"name": "slow", "count": True},
        {"name": "slow", "argument": 3},
    ],
)
async def test_senseless_faults_are_refused(control: httpx.AsyncClient, body: object) -> None:
    answer = await control.put("/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_faults_are_switched_by_address(
    control: httpx.AsyncClient, http: httpx.AsyncClient
) -> None:
    slow = {"name": "server-errors", "arg": 503, "count": 2, "path": "/schedules"}
    listed = (await control.put("/faults", json=slow)).json()["faults"]
    assert listed == [slow | {"arg": "503"}]
    assert (await http.get("/schedules")).status_code == 503
    assert (await control.get("/faults")).json()["faults"][0]["count"] == 1
    await control.put("/faults", json={"name": "html"})
    left = (await control.delete("/faults", params={"name": "html"})).json()["faults"]
    assert [fault["name"] for fault in left] == ["server-errors"]
    assert (await control.delete("/faults")).json() == {"faults": []}


async def test_time_passes_by_address(control: httpx.AsyncClient) -> None:
    assert (await control.get("/clock")).json() == {"now": "2026-01-14T12:00:30.000Z", "speed": 0}
    answer = await control.post("/clock", json={"advance_s": 90.5})
    assert answer.json()["now"] == "2026-01-14T12:02:00.500Z"
    for wrong in (-1, "1", None, True, 1e12):
        assert (await control.post("/clock", json={"advance_s": wrong})).status_code == 400


async def test_requests_are_counted_by_minute_and_endpoint(
    emulator: Emulator, http: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    for _ in range(3):
        await http.get("/schedules/some-id/runs")
    await emulator.advance(60)
    await http.get("/queries?limit=1")
    await http.get("/nothing/here")
    counts = (await control.get("/requests")).json()
    assert counts["total"] == 5
    assert counts["endpoints"]["GET /schedules/{id}/runs"] == 3
    assert [minute["total"] for minute in counts["minutes"]] == [3, 2]
    assert counts["minutes"][1]["minute"] == "2026-01-14T12:01:00.000Z"


async def test_control_can_be_off() -> None:
    async with Emulator(control=False) as emulator, emulator.client() as http:
        for name in ("clock", "faults", "requests"):
            answer = await http.get(f"{emulator.url}/_emulator/{name}")
            assert answer.status_code == 404


# Over sockets


def test_a_connection_is_reset(server: RunningServer) -> None:
    headers = auth_headers(server.token())
    server.faults.switch_on(parse_option("reset"))
    with httpx.Client(base_url=server.url, headers=headers) as http:
        with pytest.raises(httpx.ReadError):
            http.get(LISTS)
        server.faults.clear()
        assert http.get(LISTS).status_code == 200


def test_an_answer_is_lost(server: RunningServer) -> None:
    headers = auth_headers(server.token())
    with httpx.Client(base_url=server.url + QUERY_PATH, headers=headers) as http:
        server.faults.switch_on(parse_json({"name": "lost-answer", "count": 1}))
        with pytest.raises(httpx.TransportError):
            http.post("/query-templates", json={"name": "t", "sql": "SELECT 1"})
        assert http.get("/query-templates/count").json()["totalCount"] == 1


def test_a_server_has_one_date(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/_emulator/clock")
    assert len(answer.headers.get_list("date")) == 1
    assert "server" not in answer.headers


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A child process of the emulator and its address."""
    command = [sys.executable, "-m", "qsui.emulator", "--port", "0", "--scene", "empty", *arguments]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        readable, _, _ = select.select([child.stdout], [], [], 20)
        yield child, child.stdout.readline().strip() if readable else ""
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_process_serves_until_a_signal(number: signal.Signals, code: int) -> None:
    with process() as (child, url):
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/_emulator/clock", timeout=20).json()["speed"] == 1
        child.send_signal(number)
        _, errors = child.communicate(timeout=20)
        assert (child.returncode, errors) == (code, "")


def test_a_process_ends_with_its_stdin_and_keeps_its_state(tmp_path: Path) -> None:
    for expected in (1, 2):
        with process("--exit-on-stdin-close", "--data", str(tmp_path)) as (child, url):
            token = httpx.post(f"{url}/ims/token/v3", data=TOKEN_FORM, timeout=20).json()
            headers = auth_headers(token["access_token"])
            body = {"name": "t", "sql": "SELECT 1"}
            httpx.post(f"{url}{QUERY_PATH}/query-templates", json=body, headers=headers)
            answer = httpx.get(f"{url}{QUERY_PATH}/query-templates/count", headers=headers)
            assert answer.json()["totalCount"] == expected
            _, errors = child.communicate(timeout=20)
            assert (child.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--scene", "nowhere"), "unknown scene"),
        (("--quirk", "Q99=x"), "no quirk"),
        (("--fault", "fire"), "no fault"),
        (("--speed", "0"), "speed"),
    ],
)
def test_senseless_options_end_with_one_sentence(arguments: tuple[str, ...], reason: str) -> None:
    command = [sys.executable, "-m", "qsui.emulator", "--port", "0", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert reason in ended.stderr
    assert ended.stderr.count(os.linesep) == 1
