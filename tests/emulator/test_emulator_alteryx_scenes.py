"""The Alteryx half's scenes, its switches for odd servers, faults, and what survives a restart."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from qsui.emulator.alteryx.quirks import CHOICES
from qsui.emulator.quirks import Quirks
from tests.support.alteryx import BASE, AlteryxEmulator, small_scene
from tests.support.emulator import Emulator

pytestmark = pytest.mark.anyio


async def by_state(http: httpx.AsyncClient) -> Counter[tuple[str, str]]:
    """How many workflows' last jobs are in which state."""
    rows = (await http.get("admin/v1/workflows/jobs")).json()
    return Counter((row["status"], row["disposition"]) for row in rows)


async def test_the_demo_holds_a_job_of_every_kind() -> None:
    async with AlteryxEmulator("demo", lake=True) as server, server.client() as http:
        states = await by_state(http)
        assert {
            ("Queued", "None"),
            ("Running", "None"),
            ("Completed", "Error"),
            ("Completed", "Warning"),
            ("Completed", "Success"),
            ("Cancelled", "None"),
        } <= set(states)


async def test_the_demo_moves_on_with_real_statements_and_the_queue_stays_blocked() -> None:
    async with AlteryxEmulator("demo", lake=True) as server, server.client() as http:
        before = (await http.get("v3/jobs", params={"allUsers": "true"})).json()["pagination"]
        await server.advance(15 * 60)
        page = (await http.get("v3/jobs", params={"allUsers": "true", "limit": "60"})).json()
        assert page["pagination"]["totalItems"] > before["totalItems"] + 15
        names = Counter(row["workflowName"] for row in page["data"])
        assert {"CRM_Account_Sync", "Partner_Price_Load", "Live_Basket_Watch"} <= set(names)
        queued = (
            await http.get("v3/jobs", params={"allUsers": "true", "statuses": "Queued"})
        ).json()["data"]
        assert {row["workflowName"] for row in queued} == {
            "Margin_Report",
            "Ledger_Reconciliation",
        }
        crm = next(row for row in page["data"] if row["workflowName"] == "CRM_Account_Sync")
        job = (await http.get(f"v3/jobs/{crm['jobId']}")).json()
        assert (job["status"], job["disposition"]) == ("Completed", "Error")
        assert "crm_accounts_v2" in job["messages"][0]["text"]


async def test_ending_the_runaway_lets_the_queue_go_the_urgent_one_first() -> None:
    async with AlteryxEmulator("demo", lake=True) as server, server.client() as http:
        everyone = {"allUsers": "true", "statuses": "Running"}
        rows = (await http.get("v3/jobs", params=everyone)).json()["data"]
        runaway = next(row for row in rows if row["workflowName"] == "Payroll_Variance_Backfill")
        assert runaway["executionTime"] == "11:20:54"
        assert runaway["submittedBy"] == "m.keller@acme-outdoor.com"
        assert (await http.delete(f"v3/jobs/{runaway['jobId']}")).status_code == 200
        await server.advance(10)
        rows = (await http.get("v3/jobs", params=everyone)).json()["data"]
        assert [r["workflowName"] for r in rows if r["workflowName"] != "Live_Basket_Watch"] == [
            "Ledger_Reconciliation"
        ]
        await server.advance(180)
        done = {"allUsers": "true", "workflowNames": "Margin_Report"}
        row = (await http.get("v3/jobs", params=done)).json()["data"][0]
        assert row["status"] == "Completed"


@pytest.mark.parametrize("release", ["2024.2", "2025.1", "current"])
async def test_at_any_moment_of_the_first_hour_the_demo_shows_all_and_something_moves(
    release: str,
) -> None:
    kinds = {
        ("Queued", "None"),
        ("Running", "None"),
        ("Completed", "Error"),
        ("Completed", "Warning"),
        ("Cancelled", "None"),
    }
    async with AlteryxEmulator("demo", release=release) as server:
        before: dict[str, tuple[str, str]] = {}
        moved_s = 0
        for second in range(0, 3600, 5):
            rows = server.world.store.rows("SELECT id, status, disposition FROM ayx_jobs")
            states = {row["id"]: (row["status"], row["disposition"]) for row in rows}
            assert kinds <= set(states.values()), second
            if states != before:
                before, moved_s = states, second
            assert second - moved_s < 30, second
            await server.advance(5)


async def test_a_runaway_of_the_demo_says_more_and_more_and_a_cancel_ends_that() -> None:
    async with AlteryxEmulator("demo", lake=True) as server, server.client() as http:
        query = {"appIds": server.workflow_id("Payroll_Variance_Backfill"), "includeMessages": ""}

        async def log() -> list[dict[str, Any]]:
            job = (await http.get("admin/v1/workflows/jobs", params=query)).json()[0]
            path = f"v3/jobs/{job['id']}"
            rows: list[dict[str, Any]] = (await http.get(path)).json()["messages"]
            return rows

        first = await log()
        assert len(first) > 800
        await server.advance(100)
        second = await log()
        assert second[: len(first)] == first
        fresh = [row["text"] for row in second[len(first) :]]
        number = len(first) - 1  # two lines came before the first batch
        assert [text.split(":")[0] for text in fresh] == [f"Batch {number}", f"Batch {number + 1}"]
        job = (await http.get("admin/v1/workflows/jobs", params=query)).json()[0]
        assert (await http.delete(f"v3/jobs/{job['id']}")).status_code == 200
        await server.advance(300)
        ended = (await http.get(f"v3/jobs/{job['id']}")).json()
        assert ended["status"] == "Cancelled"
        assert len(ended["messages"]) == len(second) + 1


@pytest.mark.parametrize("release", ["2024.2", "current"])
async def test_a_run_that_the_server_left_out_stays_announced_until_somebody_saves(
    release: str,
) -> None:
    early = datetime(2026, 1, 15, 3, 50, tzinfo=UTC)
    async with (
        AlteryxEmulator("demo", release=release, now=early) as server,
        server.client() as http,
    ):

        async def schedule() -> dict[str, Any]:
            rows: list[dict[str, Any]] = (
                await http.get("v3/schedules", params={"view": "Full"})
            ).json()
            found = next(row for row in rows if row["name"] == "Loyalty audit")
            whole: dict[str, Any] = (await http.get(f"v3/schedules/{found['id']}")).json()
            return whole

        stalled = await schedule()
        assert stalled["enabled"]
        assert stalled["runDateTime"] == "2026-01-14T04:00:00Z"
        assert stalled["lastRunTime"] == "2026-01-13T04:00:00Z"
        await server.advance(300)
        assert (await schedule())["runDateTime"] == stalled["runDateTime"]
        path = f"v3/schedules/{stalled['id']}"
        assert (await http.patch(path, json={"enabled": True})).status_code == 200
        assert (await schedule())["runDateTime"] == "2026-01-15T04:00:00Z"
        await server.advance(600)
        assert (await schedule())["lastRunTime"] == "2026-01-15T04:00:00Z"


async def test_trouble_piles_up_more_and_scale_has_schedules_too() -> None:
    async with AlteryxEmulator("trouble") as server, server.client() as http:
        everyone = {"allUsers": "true", "statuses": "Queued"}
        page = (await http.get("v3/jobs", params=everyone)).json()
        assert page["pagination"]["totalItems"] >= 9
    async with AlteryxEmulator("scale") as server, server.client() as http:
        rows = (await http.get("v3/schedules", params={"view": "Full"})).json()
        assert len(rows) > 250
        assert len({row["timeZone"] for row in rows}) == 4


async def test_every_workflow_of_the_demo_ends_as_its_past_says() -> None:
    async with AlteryxEmulator("demo", lake=True) as server, server.client() as http:
        rows = (await http.get("admin/v1/workflows/jobs", params={"includeMessages": ""})).json()
        past = {row["appId"]: row for row in rows if row["status"] == "Completed"}
        assert len(past) > 8
        started = {}
        for workflow_id in past:
            answer = await http.post(f"v3/workflows/{workflow_id}/jobs", json={})
            started[workflow_id] = answer.json()["id"]
        await server.advance(1800)
        for workflow_id, job_id in started.items():
            job = (await http.get(f"v3/jobs/{job_id}")).json()
            name = server.server.catalogue.workflow(workflow_id)
            if job["workerTag"] == "finance":
                assert job["status"] == "Queued"
                continue
            assert job["disposition"] == past[workflow_id]["disposition"], name
            assert len(job["messages"]) == len(past[workflow_id]["messages"]), name


async def test_the_empty_scene_has_people_only() -> None:
    async with AlteryxEmulator("empty") as server, server.client() as http:
        for path in ("v3/workflows", "v3/schedules", "admin/v1/workflows/jobs"):
            assert (await http.get(path)).json() == []
        assert len((await http.get("v3/users")).json()) == 8
        page = (await http.get("v3/jobs")).json()
        assert page["pagination"]["totalPages"] == 0


async def test_the_quiet_scene_has_no_open_job_and_no_failure() -> None:
    async with AlteryxEmulator("quiet") as server, server.client() as http:
        assert set(await by_state(http)) <= {
            ("Completed", "Success"),
            ("Cancelled", "None"),
        }


@pytest.mark.parametrize(("scene", "quirks"), [("scale", ()), ("demo", ("A9=2500",))])
async def test_2500_workflows_come_in_one_answer(scene: str, quirks: tuple[str, ...]) -> None:
    async with AlteryxEmulator(scene, quirks=quirks) as server, server.client() as http:
        rows = (await http.get("v3/workflows")).json()
        assert len(rows) == 2515
        assert len({row["id"] for row in rows}) == 2515


async def test_the_demo_holds_a_job_of_5000_messages() -> None:
    async with AlteryxEmulator("demo") as server, server.client() as http:
        query = {"appIds": server.workflow_id("Clickstream_Quality_Scan")}
        job = (await http.get("admin/v1/workflows/jobs", params=query)).json()[0]
        assert len(job["messages"]) == 5003


# Odd servers


@pytest.mark.parametrize(
    ("quirk", "field", "pattern"),
    [
        ("A5=mixed", "createDateTime", r"2026-01-14T12:00:30Z"),
        ("A5=seven", "createDateTime", r"2026-01-14T12:00:30\.\d{7}Z"),
        ("A5=naive", "createDateTime", r"2026-01-14T12:00:30"),
        ("A3=ulid", "id", r"[0-9A-HJKMNP-TV-Z]{26}"),
        ("A4=null", "appId", r"None"),
        ("A2=text", "priority", r"High"),
        ("A2=number", "priority", r"2"),
    ],
)
async def test_a_job_in_the_ways_of_odd_servers(quirk: str, field: str, pattern: str) -> None:
    async with AlteryxEmulator(quirks=(quirk,)) as server, server.client() as http:
        job = await server.run(http, "Good", priority="High")
        state = (await http.get(f"v3/jobs/{job}")).json()
        assert re.fullmatch(pattern, str(state[field]))


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [("A11=hms", "00:01:00"), ("A11=fraction", "00:01:00.0000000"), ("A11=seconds", "60.0")],
)
async def test_execution_time_has_no_known_format(quirk: str, expected: str) -> None:
    async with AlteryxEmulator(quirks=(quirk,)) as server, server.client() as http:
        await server.run(http, "Good")
        await server.advance(120)
        assert (await http.get("v3/jobs")).json()["data"][0]["executionTime"] == expected


async def test_the_list_may_hold_open_jobs_only() -> None:
    async with AlteryxEmulator(quirks=("A12=open",)) as server, server.client() as http:
        await server.run(http, "Good")
        await server.advance(120)
        assert (await http.get("v3/jobs")).json()["data"] == []
        assert len((await http.get("v3/jobs", params={"statuses": "Complete"})).json()["data"]) == 1


async def test_engine_codes_of_every_kind_can_be_said() -> None:
    async with AlteryxEmulator(quirks=("A13=full",)) as server, server.client() as http:
        job = await server.run(http, "Warns")
        await server.advance(120)
        state = (await http.get(f"v3/jobs/{job}")).json()
        assert {message["status"] for message in state["messages"]} == {1, 2, 4, 5, 7, 10}
        assert state["disposition"] == "Warning"


async def test_a_workflows_jobs_may_come_oldest_first() -> None:
    async with AlteryxEmulator(quirks=("A8=oldest",)) as server, server.client() as http:
        first = await server.run(http, "Good")
        await server.advance(5)
        second = await server.run(http, "Good")
        path = f"v3/workflows/{server.workflow_id('Good')}/jobs"
        assert [row["id"] for row in (await http.get(path)).json()] == [first, second]
        latest = (await http.get(path, params={"direction": "desc"})).json()
        assert [row["id"] for row in latest] == [second, first]


@pytest.mark.parametrize(
    ("word", "expected"), [("null", None), ("zero", "0001-01-01T00:00:00"), ("blank", "")]
)
async def test_a_time_that_has_not_come_yet(word: str, expected: str | None) -> None:
    weekly = {
        "iterationType": "Weekly",
        "startTime": "2026-02-01T06:00:00Z",
        "weeklyContract": {"daysOfWeek": ["Monday"]},
    }
    async with AlteryxEmulator(quirks=(f"A17={word}",)) as server, server.client() as http:
        body = {"workflowId": server.workflow_id("Good"), "iteration": weekly}
        new = (await http.post("v3/schedules", json=body)).json()
        assert (await http.get(f"v3/schedules/{new}")).json()["lastRunTime"] == expected


async def test_a_missing_record_may_have_no_body() -> None:
    async with AlteryxEmulator(quirks=("A10=empty",)) as server, server.client() as http:
        for path in ("v3/jobs/none", "v3/none"):
            answer = await http.get(path)
            assert (answer.status_code, answer.content) == (404, b"")


async def test_xml_comes_if_json_is_not_asked_for() -> None:
    async with AlteryxEmulator(quirks=("A6=xml",)) as server, server.client() as http:
        await server.run(http, "Good")
        odd = await http.get("v3/workflows", headers={"Accept": "*/*"})
        assert odd.headers["content-type"].startswith("application/xml")
        root = ElementTree.fromstring(odd.text)  # noqa: S314 - our own server's
        assert [item.findtext("name") for item in root][:2] == ["Good", "Bad"]
        denied = await http.get("v3/credentials", headers={"Accept": "*/*", "Authorization": "x"})
        assert denied.status_code == 401
        assert b"<message>" in denied.content
        assert (await http.get("v3/workflows")).json()


@pytest.mark.parametrize(
    ("fault", "kind"), [("html", "text/html"), ("xml", "application/xml"), ("xml:503", "")]
)
async def test_pages_and_documents_instead_of_json(fault: str, kind: str) -> None:
    name, _, status = fault.partition(":")
    async with AlteryxEmulator() as server, server.client() as http:
        server.fault(name, status or None, count=1)
        answer = await http.get("v3/workflows")
        assert answer.status_code == int(status or 200)
        assert answer.headers["content-type"].startswith(kind)
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert (await http.get("v3/workflows")).json()


async def test_a_forbidden_list_is_denied_in_alteryx_words() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        server.fault("forbidden-list", "workflows")
        assert (await http.get("v3/workflows")).status_code == 401
        assert (await http.get("v3/schedules")).status_code == 200


async def test_a_torn_connection_reaches_the_client() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        server.fault("lost-answer", count=1)
        with pytest.raises(httpx.ReadError):
            await server.run(http, "Good")
        assert (await http.get("v3/jobs")).json()["pagination"]["totalItems"] == 1


def test_switches_of_both_halves_are_chosen_the_same_way() -> None:
    assert Quirks("docs", ("a1=array", "Q11=string"))["A1"] == "array"
    for name, words in CHOICES.items():
        assert Quirks()[name] == words[0]
    with pytest.raises(ValueError, match="quirk A3 takes objectid, ulid"):
        Quirks("docs", ("A3=uuid",))


# A restart


async def test_a_server_kept_in_a_folder_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = tmp_path / "emulator.db"
    async with AlteryxEmulator(data=data, quirks=("A3=ulid",)) as server, server.client() as http:
        running = await server.run(http, "Good")
        await server.advance(40)
        queued = await server.run(http, "Good")
        await server.advance(5)
        stopped, token = server.now(), server.token()
    async with AlteryxEmulator(data=data, now=stopped) as server, server.client() as http:
        headers = {"Authorization": f"Bearer {token}"}
        assert (await http.get("v3/credentials", headers=headers)).status_code == 200
        states = [(await http.get(f"v3/jobs/{job}")).json()["status"] for job in (running, queued)]
        assert states == ["Running", "Queued"]
        await server.advance(120)
        done = (await http.get(f"v3/jobs/{running}")).json()
        assert (done["disposition"], len(done["messages"])) == ("Success", 3)
        assert (await http.get(f"v3/jobs/{queued}")).json()["disposition"] == "Success"
        assert len(await _ids(http)) == len(set(await _ids(http))) == 2
        assert all(len(one) == 26 for one in [await server.run(http, "Good")])


async def _ids(http: httpx.AsyncClient) -> list[str]:
    rows: list[dict[str, Any]] = (await http.get("v3/jobs")).json()["data"]
    return [row["jobId"] for row in rows]


async def test_without_an_alteryx_half_there_is_nothing_under_its_path() -> None:
    async with (
        Emulator() as server,
        httpx.AsyncClient(transport=server.transport(), base_url=BASE) as http,
    ):
        assert (await http.post("oauth2/token")).status_code == 404


async def test_requests_are_counted_by_endpoint() -> None:
    async with AlteryxEmulator(small_scene()) as server, server.client() as http:
        job = await server.run(http, "Good")
        await http.get(f"v3/jobs/{job}")
        counts = (await http.get("http://alteryx.test/_emulator/requests")).json()["endpoints"]
        assert counts == {
            "POST /webapi/v3/workflows/{id}/jobs": 1,
            "GET /webapi/v3/jobs/{id}": 1,
        }
