"""Each release of the Alteryx half as a stranger's client sees it, over a real socket."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.alteryx import KEY, SECRET, AlteryxEmulator, running_alteryx

CLIENT = Path(__file__).with_name("alteryx_client.py")


def tour(url: str, workflow: str) -> dict[str, Any]:
    """What the client script saw."""
    done = subprocess.run(
        [sys.executable, str(CLIENT), f"{url}/webapi/", KEY, SECRET, workflow],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize(
    ("release", "lists_jobs", "cancel", "after", "cron"),
    [
        ("2024.2", False, 404, 200, 400),
        ("2025.1", False, 200, 404, 400),
        ("current", True, 200, 404, 201),
    ],
)
def test_an_independent_client_finds_what_the_release_can_do(
    release: str, lists_jobs: bool, cancel: int, after: int, cron: int
) -> None:
    with running_alteryx("demo", release=release, speed=30, lake=True) as server:
        seen = tour(server.url, "Partner_Price_Load")
    assert seen["lists_jobs"] is lists_jobs
    assert seen["workflows"] == 15
    assert {"Queued", "Running", "Error", "Warning", "Success", "Cancelled"} <= set(
        seen["outcomes"]
    )
    assert (seen["fresh"], seen["ended"]) == ("Queued", "Warning")
    assert seen["tools"] == [-1, 1, 2, 4, 9]
    assert seen["cancel"][0] == cancel
    if cancel == 200:
        assert seen["cancel"][1] == "Deleted Successfully."
    assert seen["after_cancel"] == after
    assert seen["patched"] == [False, True]
    assert seen["cron"] == cron
    if cron == 201:
        assert (seen["frequency"], seen["deleted"]) == ("Cron 0 6 * * 1-5", 200)


@pytest.mark.parametrize("code", [404, 405])
@pytest.mark.anyio
async def test_a_method_that_came_later_is_404_or_405(code: int) -> None:
    async with (
        AlteryxEmulator(release="2024.2", quirks=(f"A14={code}",)) as server,
        server.client() as http,
    ):
        job = await server.run(http, "Good")
        await server.advance(10)
        answer = await http.delete(f"v3/jobs/{job}")
        assert answer.status_code == code
        assert answer.json()["message"]
        assert (await http.get(f"v3/jobs/{job}")).json()["status"] == "Running"
        assert (await http.get("v3/jobs")).status_code == 404
        assert (await http.get("v3/nothing")).status_code == 404


@pytest.mark.parametrize("release", ["2024.2", "2025.1"])
@pytest.mark.anyio
async def test_older_releases_let_only_curators_schedule(release: str) -> None:
    daily = {"iterationType": "Daily", "startTime": "2026-02-01T06:00:00Z", "dailyContract": {}}
    async with AlteryxEmulator(release=release) as server:
        body = {"workflowId": server.workflow_id("Tagged"), "iteration": daily}
        async with server.client("owner") as http:
            assert (await http.post("v3/schedules", json=body)).status_code == 401
        async with server.client() as http:
            assert (await http.post("v3/schedules", json=body)).status_code == 201


@pytest.mark.anyio
async def test_older_releases_have_no_cron_in_their_scene() -> None:
    for release, expected in (("2024.2", 0), ("current", 1)):
        async with AlteryxEmulator("demo", release=release) as server, server.client() as http:
            rows = (await http.get("v3/schedules", params={"view": "Full"})).json()
            assert sum("Cron" in row["frequency"] for row in rows) == expected
            whole = (await http.get("v3/workflows", params={"view": "Full"})).json()
            sources = {one["uploadSource"] for row in whole for one in row["versions"]}
            assert ("ServerUIorServerAPI" in sources) == bool(expected)


def test_an_unknown_release_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no Alteryx release '9'; there are 2024\.2"):
        AlteryxEmulator(release="9")


def test_the_program_serves_both_halves() -> None:
    command = [sys.executable, "-m", "qsui.emulator", "--port", "0", "--alteryx", "2025.1"]
    with subprocess.Popen(
        [*command, "--exit-on-stdin-close"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = process.stdout.readline().decode().strip()
        form = {"grant_type": "client_credentials", "client_id": KEY, "client_secret": SECRET}
        answer = httpx.post(f"{url}/webapi/oauth2/token", data=form, timeout=20)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        rows = httpx.get(f"{url}/webapi/v3/workflows", headers=headers).json()
        assert len(rows) == 15
        assert httpx.get(f"{url}/webapi/v3/jobs", headers=headers).status_code == 404
        assert httpx.get(f"{url}/_emulator/clock").json()["speed"] == 1.0
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.mark.anyio
async def test_a_slash_at_the_end_of_a_path_changes_nothing() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        assert (await http.get("v3/workflows/")).json() == (await http.get("v3/workflows")).json()
        job = await server.run(http, "Good")
        assert (await http.delete(f"v3/jobs/{job}/")).json() == {"message": "Deleted Successfully."}
        assert (await http.get("v3/nothing/")).status_code == 404
