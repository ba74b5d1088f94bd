"""Schedules of the Alteryx half: made, changed, refused, run in their time zones."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from qsui.emulator.alteryx.seeds import CollectionSeed, ScheduleSeed, WorkflowSeed
from tests.support.alteryx import CURATOR, GOOD, KEY, OWNER, SHARER, AlteryxEmulator, small_scene

pytestmark = pytest.mark.anyio

DAILY = {
    "iterationType": "Daily",
    "startTime": "2026-01-15T06:00:00Z",
    "dailyContract": {"runOnlyWorkWeek": False},
}
HOURLY = {
    "iterationType": "Hourly",
    "startTime": "2026-01-14T12:05:00Z",
    "hourlyContract": {"hours": 0, "minutes": 10},
}
_LATER = {"startTime": "2026-01-15T06:00:00Z"}
MONTHLY: dict[str, Any] = {"iterationType": "Monthly", **_LATER}
CUSTOM: dict[str, Any] = {"iterationType": "Custom", **_LATER}
CRON: dict[str, Any] = {"iterationType": "Cron", **_LATER}
SEEDS = (
    ScheduleSeed(
        "Every ten",
        "Good",
        OWNER,
        {"iterationType": "Hourly", "startTime": "2025-12-01T00:00:00",
         "hourlyContract": {"hours": 0, "minutes": 10}},
        past_runs=3,
        history="k",
    ),
    ScheduleSeed(
        "Orphan",
        "",
        OWNER,
        {"iterationType": "Hourly", "startTime": "2025-12-01T00:01:00",
         "hourlyContract": {"hours": 0, "minutes": 10}},
    ),
)  # fmt: skip


async def made(server: AlteryxEmulator, http: httpx.AsyncClient, **body: Any) -> str:
    plain = {"workflowId": server.workflow_id("Good"), "iteration": DAILY}
    answer = await http.post("v3/schedules", json=plain | body)
    assert answer.status_code == 201, answer.text
    assert isinstance(answer.json(), str)
    return str(answer.json())


async def one(http: httpx.AsyncClient, schedule_id: str) -> dict[str, Any]:
    answer = await http.get(f"v3/schedules/{schedule_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_creating_answers_the_id_alone_and_the_schedule_runs() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        new = await made(server, http, iteration=HOURLY, name="Often", priority="High")
        found = await one(http, new)
        assert (found["name"], found["enabled"], found["priority"]) == ("Often", True, "High")
        assert found["runDateTime"] == "2026-01-14T12:05:00Z"
        assert set(found["iteration"]) == {"startTime", "endTime"}
        assert found["frequency"] == "Every 0 hours 10 minutes"
        assert (found["lastRunTime"], found["runCount"], found["canEdit"]) == (None, 0, True)
        await server.advance(20 * 60)
        found = await one(http, new)
        assert (found["runCount"], found["lastRunTime"]) == (2, "2026-01-14T12:15:00Z")
        assert found["runDateTime"] == "2026-01-14T12:25:00Z"
        rows = (await http.get("v3/jobs", params={"allUsers": "true"})).json()["data"]
        assert [row["queueTime"] for row in rows] == [
            "2026-01-14T12:15:00Z",
            "2026-01-14T12:05:00Z",
        ]
        assert {row["priority"] for row in rows} == {"High"}


async def test_times_of_a_request_are_of_its_zone_or_else_utc() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        zoned = await made(server, http, timeZone="Europe/Zurich")
        assert (await one(http, zoned))["runDateTime"] == "2026-01-15T05:00:00Z"
        assert (await one(http, zoned))["timeZone"] == "Europe/Zurich"
        plain = await made(server, http, timeZone="")
        assert (await one(http, plain))["runDateTime"] == "2026-01-15T06:00:00Z"


@pytest.mark.parametrize(
    ("quirk", "run", "start"),
    [
        ("A18=zone", "2026-01-15T05:00:00Z", "2026-01-15T06:00:00"),
        ("A18=utc", "2026-01-15T06:00:00Z", "2026-01-15T07:00:00"),
    ],
)
async def test_a_patch_without_a_zone_keeps_the_one_there_is(
    quirk: str, run: str, start: str
) -> None:
    async with AlteryxEmulator(quirks=(quirk,)) as server, server.client() as http:
        zoned = await made(server, http, timeZone="Europe/Zurich")
        kept = await http.patch(f"v3/schedules/{zoned}", json={"iteration": DAILY})
        assert kept.json()["timeZone"] == "Europe/Zurich"
        assert kept.json()["runDateTime"] == run
        assert kept.json()["iteration"]["startTime"] == start


async def test_a_zoned_schedule_keeps_its_wall_clock_over_the_change_of_clocks() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    iteration = DAILY | {"startTime": "2026-03-29T06:00:00"}
    async with AlteryxEmulator(now=start) as server, server.client() as http:
        new = await made(server, http, iteration=iteration, timeZone="America/New_York")
        await server.advance(2 * 86_400)
        assert (await one(http, new))["lastRunTime"] == "2026-03-30T10:00:00Z"
        zurich = await made(
            server,
            http,
            iteration=DAILY | {"startTime": "2026-10-24T06:00:00"},
            timeZone="Europe/Zurich",
        )
        forecast = await http.get(
            "admin/v2/schedule/forecast",
            params={"afterDate": "2026-10-24", "beforeDate": "2026-10-27"},
        )
        times = [row["startTime"] for row in forecast.json() if row["id"] == zurich]
        assert times == ["2026-10-24T04:00:00Z", "2026-10-25T05:00:00Z", "2026-10-26T05:00:00Z"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"workflowId": "none"}, "workflowId"),
        ({"iteration": None}, "iteration"),
        ({"iteration": DAILY | {"startTime": "2026-01-14T12:00:30Z"}}, "iteration.startTime"),
        ({"iteration": DAILY | {"startTime": ""}}, "iteration.startTime"),
        ({"iteration": DAILY | {"endTime": "2026-01-15T05:00:00Z"}}, "iteration.endTime"),
        ({"iteration": DAILY | {"iterationType": "Yearly"}}, "iteration.iterationType"),
        ({"iteration": DAILY | {"iterationType": "Weekly"}}, "iteration.weeklyContract"),
        ({"iteration": DAILY | {"hourlyContract": {"hours": 1}}}, "iteration.hourlyContract"),
        ({"iteration": HOURLY | {"hourlyContract": {"hours": 1}}}, "iteration.hourlyContract"),
        ({"timeZone": "Middle/Earth"}, "timeZone"),
        (
            {"iteration": MONTHLY | {"monthlyContract": {"dayOfMonth": 3}}},
            "iteration.monthlyContract",
        ),
        (
            {"iteration": MONTHLY | {"monthlyContract": {"simpleDayOfMonth": False}}},
            "iteration.monthlyContract",
        ),
        (
            {"iteration": CUSTOM | {"customContract": {"daysOfMonth": [32], "months": [1]}}},
            "iteration.customContract",
        ),
        (
            {"iteration": CRON | {"cronContract": {"cronExpression": "@daily"}}},
            "iteration.cronContract",
        ),
        (
            {"iteration": CRON | {"cronContract": {"cronExpression": "61 * * * *"}}},
            "iteration.cronContract",
        ),
        ({"priority": "Urgent"}, "priority"),
        ({"credentialId": "none"}, "credentialId"),
        ({"ownerId": "none"}, "ownerId"),
        ({"enabled": "yes"}, "enabled"),
        ({"name": "n" * 257}, "name"),
        ({"comment": "c" * 1025}, "comment"),
    ],
)
async def test_a_bad_request_is_refused_field_by_field(change: Any, field: str) -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        body = {"workflowId": server.workflow_id("Good"), "iteration": DAILY} | change
        answer = await http.post("v3/schedules", json=body)
        assert answer.status_code == 400
        assert field in answer.json()["modelState"]
        assert (await http.get("v3/schedules")).json() == []


async def test_patch_changes_what_it_names_and_takes_effect() -> None:
    async with AlteryxEmulator(small_scene(schedules=SEEDS)) as server, server.client() as http:
        row = (await http.get("v3/schedules")).json()[0]
        off = await http.patch(f"v3/schedules/{row['id']}", json={"enabled": False})
        assert off.status_code == 200
        assert (off.json()["enabled"], off.json()["runDateTime"]) == (False, None)
        await server.advance(3600)
        assert (await one(http, row["id"]))["runCount"] == 3
        on = await http.patch(
            f"v3/schedules/{row['id']}", json={"enabled": True, "comment": "back"}
        )
        assert (on.json()["enabled"], on.json()["comment"]) == (True, "back")
        await server.advance(660)
        assert (await one(http, row["id"]))["runCount"] == 4
        assert (await http.patch(f"v3/schedules/{row['id']}", json={"workflowId": "x"})).json()[
            "modelState"
        ]


async def test_put_wants_everything() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        new = await made(server, http)
        whole = {
            "workflowId": server.workflow_id("Bad"),
            "ownerId": server.user_id(SHARER),
            "iteration": HOURLY,
            "name": "Renamed",
            "comment": "",
            "priority": "Low",
            "workerTag": "",
            "enabled": False,
            "credentialId": "",
        }
        for field in whole:
            less = {name: value for name, value in whole.items() if name != field}
            answer = await http.put(f"v3/schedules/{new}", json=less)
            assert (answer.status_code, list(answer.json()["modelState"])) == (400, [field])
        answer = await http.put(f"v3/schedules/{new}", json=whole)
        assert answer.status_code == 200
        found = answer.json()
        assert (found["name"], found["enabled"], found["workflowId"], found["ownerId"]) == (
            "Renamed",
            False,
            whole["workflowId"],
            whole["ownerId"],
        )


async def test_delete_removes_the_schedule_and_its_coming_runs() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        new = await made(server, http, iteration=HOURLY)
        answer = await http.delete(f"v3/schedules/{new}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await http.get(f"v3/schedules/{new}")).status_code == 404
        assert (await http.delete(f"v3/schedules/{new}")).status_code == 404
        await server.advance(3600)
        assert (await http.get("v3/jobs", params={"allUsers": "true"})).json()["data"] == []


async def test_the_window_of_the_list_needs_both_ends_at_most_45_days_apart() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        new = await made(server, http)

        async def ask(**query: str) -> httpx.Response:
            return await http.get("v3/schedules", params=query)

        assert (await ask(runsAfter="2026-01-15")).status_code == 400
        assert (await ask(runsBefore="2026-01-15")).status_code == 400
        assert (await ask(runsAfter="2026-01-15", runsBefore="2026-03-02")).status_code == 400
        assert (await ask(runsAfter="2026-01-16", runsBefore="2026-01-15")).status_code == 400
        inside = await ask(runsAfter="2026-01-20T06:00:00Z", runsBefore="2026-01-21")
        assert [row["runDateTime"] for row in inside.json()] == ["2026-01-20T06:00:00Z"]
        assert (await ask(runsAfter="2026-01-20T06:00:01Z", runsBefore="2026-01-21")).json() == []
        assert [row["id"] for row in (await ask(ownerId=server.user_id(OWNER))).json()] == []
        assert [row["id"] for row in (await ask(workflowId=server.workflow_id("Good"))).json()] == [
            new
        ]
        assert (await ask(view="Half")).status_code == 400


async def test_a_view_is_reduced_or_full() -> None:
    scene = small_scene(schedules=SEEDS)
    async with AlteryxEmulator(scene) as server, server.client() as http:
        reduced = (await http.get("v3/schedules")).json()
        assert set(reduced[0]) == {
            "id", "name", "workflowId", "ownerId", "runDateTime", "timeZone",
        }  # fmt: skip
        full = (await http.get("v3/schedules", params={"view": "Full"})).json()
        assert full[0]["enabled"] is True
        assert (full[1]["workflowId"], full[1]["versionId"]) == (None, None)
    async with (
        AlteryxEmulator(scene, quirks=("A15=full", "A16=reduced")) as server,
        server.client() as http,
    ):
        assert "enabled" not in (await http.get("v3/schedules", params={"view": "Full"})).json()[0]
        whole = await one(http, reduced[0]["id"])
        assert whole["iteration"]["hourlyContract"] == {"hours": 0, "minutes": 10}


async def test_an_orphan_says_why_it_does_not_run() -> None:
    async with AlteryxEmulator(small_scene(schedules=SEEDS)) as server, server.client() as http:
        orphan = (await http.get("v3/schedules")).json()[1]["id"]
        await server.advance(660)
        found = await one(http, orphan)
        assert found["lastError"] == "The workflow of this schedule no longer exists."
        assert found["runCount"] == 0


async def test_a_failing_schedule_keeps_its_last_error() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        new = await made(server, http, workflowId=server.workflow_id("Bad"), iteration=HOURLY)
        await server.advance(600)
        assert "no_such_table" in (await one(http, new))["lastError"]
        assert (await one(http, new))["cpuName"] == "W1"


async def test_a_scheduled_job_is_ended_by_the_servers_limit_a_manual_one_is_not() -> None:
    long = small_scene(
        workflows=(WorkflowSeed("Good", OWNER, GOOD, 40 * 3600.0, spread=0.0),),
        collections=(CollectionSeed("All", OWNER, (OWNER, CURATOR), ("Good",)),),
    )
    async with AlteryxEmulator(long) as server, server.client() as http:
        manual = await server.run(http, "Good")
        await server.advance(6 * 3600)
        state = (await http.get(f"v3/jobs/{manual}")).json()
        assert state["status"] == "Running"
        await http.delete(f"v3/jobs/{manual}")
        start = {**HOURLY, "iterationType": "Once", "startTime": "2026-01-14T18:05:00Z"}
        del start["hourlyContract"]
        await made(server, http, iteration=start)
        await server.advance(5 * 3600)
        rows = (await http.get("v3/jobs", params={"allUsers": "true"})).json()["data"]
        assert [row["status"] for row in rows] == ["Cancelled", "Cancelled"]
        assert rows[0]["executionTime"] == "04:00:01"


async def test_scheduled_jobs_are_hidden_from_a_workflows_list_if_the_server_does_that() -> None:
    scene = small_scene(schedules=SEEDS)
    for quirk, counts in (("A7=v3", (3, 0)), ("A7=both", (3, 3)), ("A7=none", (0, 0))):
        async with AlteryxEmulator(scene, quirks=(quirk,)) as server, server.client() as http:
            for version, count in zip(("v3", "v1"), counts, strict=True):
                path = f"{version}/workflows/{server.workflow_id('Good')}/jobs"
                assert len((await http.get(path)).json()) == count


async def test_rights_on_schedules() -> None:
    shared = CollectionSeed("S", OWNER, (SHARER,), workflows=("Good",), schedules=("Every ten",))
    scene = small_scene(schedules=SEEDS, collections=(shared,))
    async with AlteryxEmulator(scene) as server:
        async with server.client("sharer") as http:
            rows = (await http.get("v3/schedules", params={"view": "Full"})).json()
            assert [(row["name"], row["canEdit"]) for row in rows] == [("Every ten", False)]
            path = f"v3/schedules/{rows[0]['id']}"
            assert (await http.patch(path, json={"enabled": False})).status_code == 401
            assert (await http.delete(path)).status_code == 401
            jobs = (await http.get(f"v3/workflows/{rows[0]['workflowId']}/jobs")).json()
            assert len(jobs) == 3
            assert (await http.get(f"v3/jobs/{jobs[0]['id']}")).status_code == 200
            await made(server, http)
        async with server.client("member") as http:
            body = {"workflowId": server.workflow_id("Good"), "iteration": DAILY}
            assert (await http.post("v3/schedules", json=body)).status_code == 401
        async with server.client(KEY) as http:
            body = {"workflowId": server.workflow_id("App"), "iteration": DAILY}
            assert (await http.post("v3/schedules", json=body)).status_code == 401


async def test_priority_is_silently_ignored_without_the_right() -> None:
    async with AlteryxEmulator() as server, server.client("sharer") as http:
        new = await made(server, http, priority="Critical", workerTag="finance")
        found = await one(http, new)
        assert (found["priority"], found["workerTag"]) == ("Default", "")


async def test_an_ignored_patch_answers_as_if_it_had_worked() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        new = await made(server, http)
        server.fault("patch-ignored", count=1)
        answer = await http.patch(f"v3/schedules/{new}", json={"enabled": False})
        assert (answer.status_code, answer.json()["enabled"]) == (200, True)


async def test_the_older_lists_of_schedules() -> None:
    async with AlteryxEmulator(small_scene(schedules=SEEDS)) as server, server.client() as http:
        rows = (await http.get("admin/v1/schedules")).json()
        assert [row["name"] for row in rows] == ["Every ten", "Orphan"]
        assert rows[0]["application"]["name"] == "Good"
        assert rows[0]["owner"]["email"] == OWNER
        assert rows[1]["application"] is None
        page = (await http.get("admin/v1/schedules", params={"page": "1", "pageSize": "1"})).json()
        assert page == rows[1:]
        query = {"afterDate": "2026-01-14T12:00:00", "beforeDate": "2026-01-14T13:00:00"}
        ahead = (await http.get("admin/v2/schedule/forecast", params=query)).json()
        assert [row["startTime"][11:16] for row in ahead] == [
            "12:10", "12:20", "12:30", "12:40", "12:50",
        ]  # fmt: skip
        assert ahead[0]["workflowName"] == "Good"
        assert (await http.get("admin/v2/schedule/forecast")).status_code == 400
