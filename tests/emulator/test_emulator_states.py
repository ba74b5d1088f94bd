"""Queries, schedules and runs go through their states as time passes."""

import asyncio
import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from qsui.emulator.scenes import Scene, ScheduleSeed, Visitor
from tests.support.emulator import OWNER, Emulator, StubEngine, tiny_scene

pytestmark = pytest.mark.anyio

SELECT = {"dbName": "prod:all", "sql": "SELECT 1", "name": "one"}


def new_schedule(cron: str = "* * * * *", **changes: Any) -> dict[str, Any]:
    when = {"schedule": cron, "startDate": "2026-01-14T12:00:00Z"} | changes
    return {"query": {"dbName": "prod:all", "sql": "SELECT 1", "name": "made"}, "schedule": when}


async def create(http: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await http.post("/schedules", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def until(condition: Callable[[], bool]) -> None:
    """Wait in real time; something in another thread is about to happen."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


async def state_of(http: httpx.AsyncClient, path: str) -> str:
    return str((await http.get(path)).json()["state"])


async def switch(http: httpx.AsyncClient, path: str, verb: str) -> httpx.Response:
    body = {"body": [{"op": "replace", "path": "/state", "value": verb}]}
    return await http.patch(path, json=body)


async def runs_of(http: httpx.AsyncClient, schedule_id: str) -> list[dict[str, Any]]:
    """Details of all runs, oldest first."""
    path = f"/schedules/{schedule_id}/runs"
    answer = await http.get(path, params={"orderby": "+created", "limit": "100"})
    rows = answer.json()["runsSchedules"]
    return [(await http.get(f"{path}/{row['id']}")).json() for row in rows]


def seed(name: str, cron: str, **changes: Any) -> ScheduleSeed:
    plain: dict[str, Any] = {
        "sql": "SELECT 1",
        "owner": OWNER,
        "start_lag_s": 4,
        "base_s": 10,
        "spread": 0.0,
    }
    return ScheduleSeed(name=name, cron=cron, **(plain | {"created_days_ago": 0.01} | changes))


async def only(emulator: Emulator, name: str) -> str:
    row = emulator.world.store.one("SELECT id FROM schedules WHERE name=?", name)
    assert row is not None
    return str(row["id"])


# Queries


async def test_a_query_is_submitted_runs_and_succeeds(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    made = await http.post("/queries", json=SELECT)
    assert made.status_code == 202
    path = f"/queries/{made.json()['id']}"
    assert made.json()["state"] == "SUBMITTED"
    assert made.json()["elapsedTime"] == 0
    await emulator.advance(2)
    assert await state_of(http, path) == "IN_PROGRESS"
    await emulator.advance(14)
    done = (await http.get(path)).json()
    assert (done["state"], done["rowCount"]) == ("SUCCESS", 3)
    assert done["client"] == "API"
    refused = await http.patch(path, json={"op": "cancel"})
    assert refused.status_code == 409


async def test_a_failing_statement_reports_its_error(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    made = await http.post("/queries", json=SELECT | {"sql": "SELECT * FROM no_such_table"})
    await emulator.advance(20)
    done = (await http.get(f"/queries/{made.json()['id']}")).json()
    assert done["state"] == "FAILED"
    assert done["errors"][0]["code"] == "42P01"


@pytest.mark.parametrize("wait_s", [0, 2.5])
async def test_a_query_is_cancelled_before_its_statement_runs(
    emulator: Emulator, http: httpx.AsyncClient, wait_s: float
) -> None:
    path = f"/queries/{(await http.post('/queries', json=SELECT)).json()['id']}"
    await emulator.advance(wait_s)
    answer = await http.patch(path, json={"op": "cancel"})
    assert answer.json() == {"message": "Query cancel request received", "statusCode": 202}
    assert await state_of(http, path) in ("SUBMITTED", "IN_PROGRESS")
    await emulator.advance(1)
    assert await state_of(http, path) == "KILLED"
    await emulator.advance(60)
    assert await state_of(http, path) == "KILLED"


async def test_a_query_is_cancelled_while_its_statement_runs() -> None:
    engine = StubEngine()
    async with Emulator(engine=engine) as emulator, emulator.client() as http:
        body = SELECT | {"sql": "SELECT 1 -- hold"}
        path = f"/queries/{(await http.post('/queries', json=body)).json()['id']}"
        passing = asyncio.create_task(emulator.advance(20))
        await until(lambda: bool(engine.executions) and engine.executions[-1].started.is_set())
        assert await state_of(http, path) == "IN_PROGRESS"
        assert (await http.patch(path, json={"op": "cancel"})).status_code == 202
        await passing
        assert await state_of(http, path) == "KILLED"


async def test_a_real_statement_is_interrupted() -> None:
    heavy = "SELECT count(*) FROM range(100000) a, range(100000) b WHERE a.range * b.range % 7 = 3"
    async with Emulator(lake=True) as emulator, emulator.client() as http:
        query_id = (await http.post("/queries", json=SELECT | {"sql": heavy})).json()["id"]
        path = f"/queries/{query_id}"
        passing = asyncio.create_task(emulator.advance(20))
        await until(lambda: emulator.world.queries.is_executing(query_id))
        assert (await http.patch(path, json={"op": "cancel"})).status_code == 202
        await asyncio.wait_for(passing, 10)
        assert await state_of(http, path) == "KILLED"


async def test_a_runaway_times_out_after_ten_minutes(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    body = SELECT | {"sql": "SELECT * FROM orders CROSS JOIN orders"}
    path = f"/queries/{(await http.post('/queries', json=body)).json()['id']}"
    await emulator.advance(590)
    assert await state_of(http, path) == "IN_PROGRESS"
    await emulator.advance(15)
    done = (await http.get(path)).json()
    assert done["state"] == "TIMEOUT"
    assert done["errors"][0]["code"] == "53400"


async def test_more_than_five_interactive_queries_wait(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    body = SELECT | {"sql": "SELECT * FROM orders CROSS JOIN orders"}
    for _ in range(7):
        await http.post("/queries", json=body)
    await emulator.advance(5)
    count = "SELECT count(*) AS n FROM queries WHERE state=? AND schedule_id IS NULL"
    rows = [emulator.world.store.one(count, state) for state in ("IN_PROGRESS", "SUBMITTED")]
    assert [row["n"] for row in rows if row is not None] == [5, 2]
    await emulator.advance(1300)
    ended = emulator.world.store.one(count, "TIMEOUT")
    assert ended is not None
    assert ended["n"] == 7


@pytest.mark.parametrize(
    "body",
    [
        {"sql": "SELECT 1"},
        {"dbName": "prod:all"},
        {"dbName": "prod:all", "sql": ""},
        {"dbName": "prod:all", "sql": "SELECT 1", "templateId": "x"},
        {"dbName": "prod:all", "templateId": "unknown"},
        {"dbName": "prod:all", "sql": "SELECT 1", "queryParameters": "x"},
        [],
    ],
)
async def test_malformed_queries_are_400(http: httpx.AsyncClient, body: object) -> None:
    answer = await http.post("/queries", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_a_body_needs_its_content_type(http: httpx.AsyncClient) -> None:
    answer = await http.post("/queries", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.json()["detail"] == "A valid content-type must be specified"
    broken = await http.post("/queries", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400
    half = b'{"dbName": "prod:all", "sql": "\\ud800"}'
    unpaired = await http.post(
        "/queries", content=half, headers={"content-type": "application/json"}
    )
    assert unpaired.status_code == 400


# Schedules


async def test_a_schedule_registers_fires_and_is_deleted(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    made = await http.post("/schedules", json=new_schedule())
    assert made.json()["state"] == "REGISTERING"
    assert "created" not in made.json()
    path = f"/schedules/{made.json()['id']}"
    assert (await switch(http, path, "disable")).status_code == 400
    assert (await http.delete(path)).status_code == 400
    await emulator.advance(2)
    assert await state_of(http, path) == "ENABLED"
    assert (await switch(http, path, "enable")).status_code == 400
    await emulator.advance(48)  # 12:01:20; the fire at 12:01 has 12:00 as its slot
    runs = await runs_of(http, made.json()["id"])
    assert [run["created"] for run in runs] == ["2026-01-14T12:00:00"]
    assert (await http.delete(path)).status_code == 400
    assert (await switch(http, path, "disable")).json()["message"] == "Request to patch accepted"
    assert await state_of(http, path) == "DISABLED"
    assert (await http.delete(path)).status_code == 400  # still running
    assert (await http.post(f"{path}/runs")).status_code == 400
    await emulator.advance(60)
    assert len(await runs_of(http, made.json()["id"])) == 1
    assert (await http.delete(path)).status_code == 202
    assert (await http.get(path)).status_code == 404
    assert (await http.get(f"{path}/runs")).status_code == 404


async def test_the_cron_can_be_changed(emulator: Emulator, http: httpx.AsyncClient) -> None:
    schedule_id = await create(http, new_schedule("0 0 * * *"))
    path = f"/schedules/{schedule_id}"
    await emulator.advance(3)
    change = {"body": [{"op": "replace", "path": "/schedule/schedule", "value": "*/2 * * * *"}]}
    assert (await http.patch(path, json=change)).status_code == 202
    record = (await http.get(path)).json()
    assert record["schedule"]["schedule"] == "*/2 * * * *"
    assert int(record["updated"]) > int(record["created"])
    await emulator.advance(300)
    slots = [run["created"] for run in await runs_of(http, schedule_id)]
    assert slots == ["2026-01-14T12:00:00", "2026-01-14T12:02:00"]


@pytest.mark.parametrize(
    "body",
    [
        {"op": "enable"},
        [{"op": "replace", "path": "/state", "value": "disable"}],
        {"body": [{"op": "replace", "path": "/state", "value": "DISABLED"}]},
        {"body": [{"op": "add", "path": "/state", "value": "disable"}]},
        {"body": [{"op": "replace", "path": "/query/sql", "value": "SELECT 2"}]},
        {"body": [{"op": "replace", "path": "/schedule/schedule", "value": "61 * * * *"}]},
        {"body": []},
    ],
)
async def test_other_patches_are_400(
    emulator: Emulator, http: httpx.AsyncClient, body: object
) -> None:
    path = f"/schedules/{await only(emulator, 'orders_rollup')}"
    assert (await http.patch(path, json=body)).status_code == 400
    assert await state_of(http, path) == "ENABLED"


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": "1 0 0 1 1 *"},
        {"schedule": None},
        {"startDate": None},
        {"startDate": "soon"},
        {"endDate": "2025-01-01T00:00:00Z"},
        {"maxActiveRuns": 0},
        {"maxActiveRuns": 10**30},
        {"maxActiveRuns": "1"},
    ],
)
async def test_malformed_schedules_are_400(
    http: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    body = new_schedule()
    body["schedule"] |= changes
    answer = await http.post("/schedules", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_nothing_fires_after_the_end_date(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    schedule_id = await create(http, new_schedule(endDate="2026-01-14T12:03:30Z"))
    await emulator.advance(600)
    assert len(await runs_of(http, schedule_id)) == 3


async def test_once_runs_once_at_its_start(emulator: Emulator, http: httpx.AsyncClient) -> None:
    schedule_id = await create(http, new_schedule("@once", startDate="2026-01-14T12:05:00Z"))
    await emulator.advance(200)
    assert await runs_of(http, schedule_id) == []
    await emulator.advance(3600)
    runs = await runs_of(http, schedule_id)
    assert [run["created"] for run in runs] == ["2026-01-14T12:05:00"]


# Runs


async def test_a_run_waits_its_lag_then_runs_and_succeeds() -> None:
    scene = Scene("runs", schedules=(seed("five", "*/5 * * * *", created_days_ago=0.001),))
    async with Emulator(scene) as emulator, emulator.client() as http:
        schedule_id = await only(emulator, "five")
        await emulator.advance(268)  # 12:04:58
        assert await runs_of(http, schedule_id) == []
        await emulator.advance(4)  # its first whole interval ended at 12:05
        (waiting,) = await runs_of(http, schedule_id)
        assert (waiting["created"], waiting["state"]) == ("2026-01-14T12:00:00", "in_progress")
        assert waiting["taskStatusList"] == []
        await emulator.advance(8)
        (running,) = await runs_of(http, schedule_id)
        (task,) = running["taskStatusList"]
        assert task["state"] == "IN_PROGRESS"
        assert "endDate" not in task
        await emulator.advance(20)
        (done,) = await runs_of(http, schedule_id)
        (task,) = done["taskStatusList"]
        assert (done["state"], task["message"]) == ("success", "Processed Successfully")
        assert task["duration"] in (10, 11, 12)


async def test_a_failing_statement_stops_its_block() -> None:
    block = "$$ BEGIN SELECT 1; SELECT * FROM no_such_table; SELECT 3; END $$;"
    scene = Scene("block", schedules=(seed("block", "* * * * *", sql=block, base_s=12),))
    async with Emulator(scene, runs=0) as emulator, emulator.client() as http:
        await emulator.advance(59)
        run = (await runs_of(http, await only(emulator, "block")))[0]
        assert run["state"] == "failed"
        states = [(task["state"], task["message"]) for task in run["taskStatusList"]]
        assert states == [("SUCCESS", "Processed Successfully"), ("FAILED", "Processing Failed")]
        text = f"scheduleRunId=={run['id']},scheduleId=={run['scheduleId']}"
        rows = (await http.get("/queries", params={"property": text})).json()["queries"]
        assert [row["state"] for row in rows] == ["FAILED", "SUCCESS"]
        assert [row["request"]["sql"] for row in rows] == [
            "SELECT * FROM no_such_table",
            "SELECT 1",
        ]


async def test_some_runs_die_before_their_query_exists() -> None:
    scene = Scene("dies", schedules=(seed("dies", "* * * * *", dies_early=True),))
    async with Emulator(scene, runs=0) as emulator, emulator.client() as http:
        await emulator.advance(59)
        run = (await runs_of(http, await only(emulator, "dies")))[0]
        assert run["state"] == "failed"
        assert (await http.get("/queries")).json()["queries"] == []


async def test_active_runs_are_limited_and_the_others_wait() -> None:
    slow = seed("slow", "* * * * *", base_s=150)
    wide = seed("wide", "* * * * *", base_s=150, max_active_runs=2)
    async with Emulator(Scene("limits", schedules=(slow, wide)), runs=0) as emulator:
        busy = {"slow": 0, "wide": 0}
        for _ in range(20):
            await emulator.advance(30)
            for name in busy:
                active = emulator.world.scheduler.active_runs(await only(emulator, name))
                busy[name] = max(busy[name], active)
        assert busy == {"slow": 1, "wide": 2}
        async with emulator.client() as http:
            runs = await runs_of(http, await only(emulator, "slow"))
            slots = [run["created"] for run in runs]
            assert slots == [f"2026-01-14T12:0{minute}:00" for minute in range(len(slots))]


async def test_a_triggered_run_is_external_and_has_its_moment_as_slot(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    schedule_id = await only(emulator, "orders_rollup")
    path = f"/schedules/{schedule_id}/runs"
    await emulator.advance(600)
    answer = await http.post(path)
    assert answer.status_code == 202
    assert "id" not in answer.json()
    await emulator.advance(1)
    listed = await http.get(path, params={"property": "externalTrigger==true"})
    (run,) = listed.json()["runsSchedules"]
    assert base64.b64decode(run["id"]).decode() == "manual__2026-01-14T12:10:31.000000+00:00"
    assert "=" in run["id"]
    assert (
        run["_links"]["self"]["href"].endswith("%3D%3D") or "%3D" in run["_links"]["self"]["href"]
    )
    detail = await http.get(run["_links"]["self"]["href"])
    assert detail.json()["externalTrigger"] == "true"


async def test_a_cancelled_run_fails_and_its_query_is_killed() -> None:
    async with Emulator(Scene("cancel", schedules=(seed("c", "* * * * *"),)), runs=0) as emulator:
        await emulator.advance(38)  # 12:01:08, the query runs
        async with emulator.client() as http:
            (run,) = await runs_of(http, await only(emulator, "c"))
            path = f"/schedules/{run['scheduleId']}/runs/{run['id']}"
            assert (await http.patch(path, json={"op": "stop"})).status_code == 400
            answer = await http.patch(path, json={"op": "cancel"})
            assert answer.status_code == 202
            await emulator.advance(1)
            assert await state_of(http, path) == "failed"
            (query,) = (await http.get("/queries")).json()["queries"]
            assert query["state"] == "KILLED"
            again = await http.patch(path, json={"op": "cancel"})
            assert again.status_code == 202


async def test_a_run_is_cancelled_before_it_starts() -> None:
    slow_start = seed("c", "* * * * *", start_lag_s=25)
    async with Emulator(Scene("cancel", schedules=(slow_start,)), runs=0) as emulator:
        await emulator.advance(31)
        async with emulator.client() as http:
            (run,) = await runs_of(http, await only(emulator, "c"))
            path = f"/schedules/{run['scheduleId']}/runs/{run['id']}"
            await http.patch(path, json={"op": "cancel"})
            await emulator.advance(40)
            assert await state_of(http, path) == "failed"
            assert (await http.get("/queries")).json()["queries"] == []


async def test_parameters_and_the_slot_are_put_into_the_statement(
    emulator: Emulator, http: httpx.AsyncClient
) -> None:
    body = new_schedule()
    body["query"] |= {
        "sql": "SELECT '$schedule_time', '$shop', '$unknown'",
        "queryParameters": {"shop": "north"},
        "insertIntoParameters": {"datasetName": "sales"},
    }
    await create(http, body)
    await emulator.advance(90)
    answer = await http.get("/queries", params={"property": "sql~north", "orderby": "+created"})
    query = answer.json()["queries"][0]
    sql = "INSERT INTO sales SELECT '2026-01-14T12:00:00Z', 'north', '$unknown'"
    assert query["effectiveSQL"] == sql
    assert query["isInsertInto"] is True


async def test_a_schedule_runs_its_template(emulator: Emulator, http: httpx.AsyncClient) -> None:
    template = {"name": "t", "sql": "SELECT $n", "queryParameters": {"n": "7"}}
    template_id = (await http.post("/query-templates", json=template)).json()["id"]
    body = new_schedule()
    body["query"] = {"dbName": "prod:all", "templateId": template_id}
    await create(http, body)
    await emulator.advance(90)
    text = f"templateId=={template_id}"
    query = (await http.get("/queries", params={"property": text})).json()["queries"][0]
    assert query["effectiveSQL"] == "SELECT 7"
    assert "sql" not in query["request"]
    listed = (await http.get("/schedules", params={"property": text})).json()["schedules"]
    assert len(listed) == 1


async def test_ten_failures_quarantine_an_enrolled_schedule() -> None:
    bad = seed("bad", "* * * * *", sql="SELECT * FROM no_such_table", base_s=5)
    scene = Scene("quarantine", schedules=(bad,))
    async with Emulator(scene, runs=0, quirks=["Q34=enrolled"]) as emulator:
        await emulator.advance(1200)
        async with emulator.client() as http:
            schedule_id = await only(emulator, "bad")
            assert len(await runs_of(http, schedule_id)) == 10
            assert await state_of(http, f"/schedules/{schedule_id}") == "DISABLED"


# Templates


async def test_templates_are_made_replaced_and_deleted(http: httpx.AsyncClient) -> None:
    body = {"name": "a", "sql": "SELECT 1", "queryParameters": {"k": "v"}}
    made = await http.post("/query-templates", json=body)
    assert made.status_code == 202
    path = f"/query-templates/{made.json()['id']}"
    assert "lastUpdatedBy" not in made.json()
    put = await http.put(path, json={"name": "b", "sql": "SELECT 2"})
    assert put.status_code == 202
    record = (await http.get(path)).json()
    assert (record["name"], record["sql"]) == ("b", "SELECT 2")
    assert "queryParameters" not in record
    assert record["lastUpdatedBy"]
    assert (await http.delete(path)).json() == {"message": "Deleted", "statusCode": 202}
    assert (await http.get(path)).status_code == 404
    assert (await http.post("/query-templates", json={"name": "x"})).status_code == 400


# The scene's past, and others at work


async def test_late_missed_running_and_slow_schedules_are_seen_as_such() -> None:
    past: dict[str, Any] = {"created_days_ago": 1.0}
    scene = Scene(
        "now",
        schedules=(
            seed("late", "50 * * * *", late_by_s=300, **past),
            seed("missed", "50 * * * *", late_by_s=float("inf"), **past),
            seed("running", "50 * * * *", running_for_s=120, base_s=400, **past),
            seed("patterned", "50 * * * *", history=".xkt-", **past),
        ),
    )
    async with Emulator(scene) as emulator, emulator.client() as http:
        newest = {}
        for name in ("late", "missed", "running", "patterned"):
            newest[name] = (await runs_of(http, await only(emulator, name)))[-4:]
        assert newest["late"][-1]["created"] == "2026-01-14T09:50:00"
        assert newest["missed"][-1]["created"] == "2026-01-14T09:50:00"
        assert newest["running"][-1]["state"] == "in_progress"
        assert newest["running"][-1]["taskStatusList"][0]["duration"] == 120
        states = [run["state"] for run in newest["patterned"]]
        assert states == ["success", "failed", "failed", "failed"]
        await emulator.advance(400)
        late = (await runs_of(http, await only(emulator, "late")))[-1]
        assert late["created"] == "2026-01-14T10:50:00"
        missed = (await runs_of(http, await only(emulator, "missed")))[-1]
        assert missed["created"] == "2026-01-14T09:50:00"
        running = (await runs_of(http, await only(emulator, "running")))[-1]
        assert running["state"] == "success"


async def test_a_colleague_creates_and_removes_a_schedule() -> None:
    scene = Scene("visit", visitor=Visitor(seed("visitor", "* * * * *"), every_s=120))
    async with Emulator(scene) as emulator, emulator.client() as http:
        seen = []
        for _ in range(60):
            await emulator.advance(10)
            rows = (await http.get("/schedules")).json()["schedules"]
            seen.append(rows[0]["state"] if rows else None)
            if not rows and len(seen) > 5 and any(seen):
                break
        assert seen[0] is None
        assert "ENABLED" in seen
        assert "DISABLED" in seen
        assert seen[-1] is None


async def test_state_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "emulator.db"
    async with Emulator(data=file) as first, first.client() as http:
        made = await http.post("/queries", json=SELECT)
        await first.advance(2)
        schedules = (await http.get("/schedules")).json()["schedules"]
        token = first.token()
        stopped = first.now()
    later = stopped + timedelta(hours=3)
    async with Emulator(data=file, now=later) as second, second.client() as http:
        http.headers["Authorization"] = f"Bearer {token}"
        again = (await http.get("/schedules")).json()["schedules"]
        assert again == schedules
        await second.advance(30)
        assert await state_of(http, f"/queries/{made.json()['id']}") == "SUCCESS"
        runs = await runs_of(http, await only(second, "orders_rollup"))
        assert max(run["created"] for run in runs) < "2026-01-14T12"  # missed fires stay missed
        await second.advance(3600)
        runs = await runs_of(http, await only(second, "orders_rollup"))
        assert runs[-1]["created"] == "2026-01-14T15:00:00"


async def test_the_same_seed_tells_the_same_story() -> None:
    stories = []
    for _ in range(2):
        async with Emulator(tiny_scene()) as emulator, emulator.client() as http:
            await emulator.advance(1800)
            stories.append((await http.get("/queries", params={"limit": "100"})).json())
    assert stories[0] == stories[1]
