"""Jobs of the Alteryx half: their life, their messages, the queue, cancel, lists."""

import re
from typing import Any

import httpx
import pytest

from qsui.emulator.alteryx import tables
from qsui.emulator.alteryx.seeds import Tool, ToolKind, WorkerSeed, WorkflowSeed
from qsui.emulator.clock import from_us
from tests.support.alteryx import (
    CURATOR,
    GOOD,
    OWNER,
    AlteryxEmulator,
    small_scene,
)

pytestmark = pytest.mark.anyio

NOT_OPEN = {"message": "This job is not in 'Queued' or 'Running' state."}


async def job_of(http: httpx.AsyncClient, job_id: str, **query: str) -> dict[str, Any]:
    answer = await http.get(f"v3/jobs/{job_id}", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def listed(http: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await http.get("v3/jobs", params={"allUsers": "true"} | query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


async def test_a_job_goes_from_queued_to_completed() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        answer = await http.post(f"v3/workflows/{server.workflow_id('Good')}/jobs", json={})
        made = answer.json()
        assert answer.status_code == 200
        assert (made["status"], made["disposition"]) == ("Queued", "None")
        assert (made["outputs"], made["messages"], made["workerTag"]) == ([], [], "")
        assert made["appId"] == server.workflow_id("Good")
        assert re.fullmatch(r"2026-01-14T12:00:30\.\d{7}Z", made["createDateTime"])
        seen = []
        for _ in range(70):
            await server.advance(1)
            state = await job_of(http, made["id"])
            seen.append((state["status"], state["disposition"]))
        assert list(dict.fromkeys(seen)) == [
            ("Initializing", "None"),
            ("Running", "None"),
            ("Completed", "Success"),
        ]
        assert state["createDateTime"] == "2026-01-14T12:00:30Z"
        assert state["workerTag"] is None
        assert [output["fileName"] for output in state["outputs"]] == ["good.yxdb"]
        assert "Csv" in state["outputs"][0]["availableFormats"]
        assert state["messages"] == [
            {"status": 1, "text": "3 records were read", "toolId": 1},
            {"status": 1, "text": "3 records were written", "toolId": 2},
            {"status": 1, "text": "Finished running Good.yxmd in 60.0 seconds", "toolId": -1},
        ]


async def test_an_id_begins_with_the_second_of_its_making() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Good")
        assert re.fullmatch("[0-9a-f]{24}", job)
        assert from_us(int(job[:8], 16) * 1_000_000) == server.now()


async def test_a_failed_job_reads_completed_with_three_errors_on_one_tool() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Bad")
        await server.advance(120)
        state = await job_of(http, job)
        assert (state["status"], state["disposition"]) == ("Completed", "Error")
        codes = [(message["status"], message["toolId"]) for message in state["messages"]]
        assert codes == [(3, 7), (3, 7), (3, 7), (1, 1), (1, -1)]
        assert "no_such_table" in state["messages"][0]["text"]
        assert state["outputs"] == []


async def test_warnings_and_conversion_errors_make_a_warned_job() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Warns")
        await server.advance(120)
        state = await job_of(http, job)
        assert (state["status"], state["disposition"]) == ("Completed", "Warning")
        assert [message["status"] for message in state["messages"]] == [2, 5, 5, 5, 1]


async def test_messages_come_while_the_job_runs() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Good")
        await server.advance(35)
        state = await job_of(http, job)
        assert state["status"] == "Running"
        assert [message["toolId"] for message in state["messages"]] == [1]


async def test_one_job_is_reduced_without_messages() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Good")
        await server.advance(120)
        assert "messages" not in await job_of(http, job, includeMessages="false")
        assert len((await job_of(http, job, includeMessages=""))["messages"]) == 3


@pytest.mark.parametrize(
    ("shape", "kind"), [("object", "dict"), ("array", "list"), ("wrapped", "dict"), ("null", "str")]
)
async def test_the_messages_endpoint_has_four_shapes(shape: str, kind: str) -> None:
    async with AlteryxEmulator(quirks=(f"A1={shape}",)) as server, server.client() as http:
        job = await server.run(http, "Bad")
        await server.advance(120)
        answer = await http.get(f"v3/jobs/{job}/messages")
        assert answer.status_code == 200
        body: Any = answer.json() if answer.content else ""
        assert type(body).__name__ == kind
        if shape == "object":
            assert set(body) == {"status", "text", "toolId"}
        elif shape != "null":
            assert len(body if shape == "array" else body["messages"]) == 5


# Cancel


async def test_cancelling_a_queued_job_removes_it() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        await server.run(http, "Good")
        await server.advance(10)
        waiting = await server.run(http, "Good")
        await server.advance(10)
        assert (await job_of(http, waiting))["status"] == "Queued"
        answer = await http.delete(f"v3/jobs/{waiting}")
        assert (answer.status_code, answer.json()) == (200, {"message": "Deleted Successfully."})
        assert (await http.get(f"v3/jobs/{waiting}")).status_code == 404
        assert (await http.delete(f"v3/jobs/{waiting}")).status_code == 404
        await server.advance(300)
        assert len(await listed(http)) == 1


async def test_cancelling_a_running_job_takes_a_moment_and_keeps_its_row() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Good")
        await server.advance(10)
        answer = await http.delete(f"v3/jobs/{job}")
        assert (answer.status_code, answer.json()) == (
            200,
            {"message": "Cancelled Successfully."},
        )
        assert (await job_of(http, job))["status"] == "Running"
        await server.advance(2)
        state = await job_of(http, job)
        assert (state["status"], state["disposition"]) == ("Cancelled", "None")
        assert state["messages"][-1]["text"] == f"Cancelled by {CURATOR}."
        again = await http.delete(f"v3/jobs/{job}")
        assert (again.status_code, again.json()) == (400, NOT_OPEN)


async def test_an_initializing_or_finished_job_is_not_cancelled() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        job = await server.run(http, "Good")
        await server.advance(2)
        assert (await job_of(http, job))["status"] == "Initializing"
        answer = await http.delete(f"v3/jobs/{job}")
        assert (answer.status_code, answer.json()) == (400, NOT_OPEN)
        await server.advance(120)
        assert (await http.delete(f"v3/jobs/{job}")).json() == NOT_OPEN


async def test_a_cancelled_job_gives_its_slot_to_the_next() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        first, second = await server.run(http, "Good"), await server.run(http, "Good")
        await server.advance(10)
        await http.delete(f"v3/jobs/{first}")
        await server.advance(5)
        assert (await job_of(http, second))["status"] == "Running"


# The queue


async def test_the_more_urgent_starts_first_and_the_older_among_equals() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        blocker = await server.run(http, "Good")
        await server.advance(5)
        asked = [("Low", "a"), ("Default", "b"), ("Critical", "c"), ("High", "d"), ("High", "e")]
        names = {}
        for priority, name in asked:
            names[await server.run(http, "Good", priority=priority)] = name
            await server.advance(1)
        order: list[str] = []
        for _ in range(70):
            await server.advance(5)
            for row in await listed(http, statuses="Running"):
                if row["jobId"] not in (*order, blocker):
                    order.append(row["jobId"])
        assert [names[job] for job in order] == ["c", "d", "e", "a", "b"]


async def test_a_tagged_job_waits_for_its_own_worker_only() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        first = await server.run(http, "Tagged")
        second = await server.run(http, "Tagged")
        plain = await server.run(http, "Good")
        await server.advance(10)
        states = [(await job_of(http, job))["status"] for job in (first, second, plain)]
        assert states == ["Running", "Queued", "Running"]
        assert (await job_of(http, first))["workerTag"] == "finance"


async def test_slots_limit_what_runs_at_once() -> None:
    scene = small_scene(workers=(WorkerSeed("W1", 2), WorkerSeed("W2", 1)))
    async with AlteryxEmulator(scene) as server, server.client() as http:
        for _ in range(5):
            await server.run(http, "Good")
        await server.advance(10)
        assert len(await listed(http, statuses="Running")) == 3
        assert len(await listed(http, statuses="Queued")) == 2


async def test_priority_and_tag_are_ignored_for_who_may_not_set_them() -> None:
    async with AlteryxEmulator() as server, server.client("sharer") as http:
        job = await server.run(http, "Good", priority="Critical", workerTag="finance")
        state = await job_of(http, job)
        assert (state["priority"], state["workerTag"]) == ("Default", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"priority": "Urgent"}, "priority"),
        ({"credentialId": "nope"}, "credentialId"),
        ({"questions": "nope"}, "questions"),
        ([], "body"),
    ],
)
async def test_a_bad_body_starts_nothing(body: Any, field: str) -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        answer = await http.post(f"v3/workflows/{server.workflow_id('Good')}/jobs", json=body)
        assert answer.status_code == 400
        assert list(answer.json()["modelState"]) == [field]
        macro = await http.post(f"v3/workflows/{server.workflow_id('Macro')}/jobs", json={})
        assert macro.status_code == 400
        assert await listed(http) == []


# Lists


async def test_a_workflows_jobs_have_no_outcome_but_can_be_filtered_by_it() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        await server.run(http, "Bad")
        await server.advance(120)
        await server.run(http, "Bad")
        await server.advance(10)
        path = f"v3/workflows/{server.workflow_id('Bad')}/jobs"
        rows = (await http.get(path)).json()
        assert [row["status"] for row in rows] == ["Running", "Completed"]
        assert set(rows[0]) == {
            "id", "createDate", "status", "priority", "workerTag", "runWithE2",
        }  # fmt: skip
        for query in ({"resultCode": "Error"}, {"status": "Error"}, {"status": "Complete"}):
            found = (await http.get(path, params=query)).json()
            assert [row["status"] for row in found] == ["Completed"], query
        assert (await http.get(path, params={"resultCode": "Success"})).json() == []
        assert (await http.get(path, params={"status": "Completed"})).status_code == 400
        assert (await http.get(path, params={"direction": "asc"})).json() == rows[::-1]
        assert (await http.get(path, params={"offset": "1", "limit": "1"})).json() == rows[1:]


async def test_the_server_wide_list_is_paged() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        for _ in range(5):
            await server.run(http, "Good")
            await server.advance(1)
        answer = (
            await http.get("v3/jobs", params={"allUsers": "true", "offset": "2", "limit": "2"})
        ).json()
        assert len(answer["data"]) == 2
        assert answer["pagination"] == {
            "currentPage": 2,
            "pageSize": 2,
            "totalItems": 5,
            "totalPages": 3,
            "hasNextPage": True,
            "hasPreviousPage": True,
        }
        row = answer["data"][0]
        assert "id" not in row
        assert "disposition" not in row
        assert (row["workflowName"], row["submittedBy"]) == ("Good", CURATOR)


async def test_the_server_wide_list_is_filtered_and_sorted() -> None:
    async with (
        AlteryxEmulator() as server,
        server.client() as http,
        server.client("owner") as owner,
    ):
        await server.run(owner, "Good", priority="High")
        await server.advance(120)
        await server.run(http, "Bad")
        await server.advance(10)
        await server.run(http, "Good")
        await server.advance(10)

        async def names(**query: str) -> list[str]:
            return [f"{row['workflowName']} {row['status']}" for row in await listed(http, **query)]

        newest = ["Good Queued", "Bad Running", "Good Completed"]
        assert await names() == newest
        assert await names(direction="asc", sortField="CreateDate") == newest[::-1]
        assert await names(statuses="Queued,Running") == newest[:2]
        assert await names(statuses="Complete") == newest[2:]
        assert await names(statuses="Nonsense") == []
        assert await names(priorities="High") == newest[2:]
        assert await names(priorities="2") == newest[2:]
        assert await names(workflowNames="bad") == newest[1:2]
        assert await names(users=server.user_id(OWNER)) == newest[2:]
        assert await names(completedAfter="2026-01-14") == newest[2:]
        assert await names(completedBefore="2026-01-14") == []
        assert await names(sortField="AppName", direction="asc") == [
            "Bad Running", "Good Completed", "Good Queued",
        ]  # fmt: skip
        assert await names(allUsers="false") == newest[:2]
        done = (await listed(http, statuses="Complete"))[0]
        assert done["executionTime"] == "00:01:00"
        assert (await listed(http, statuses="Queued"))[0]["startTime"] is None
        answer = await http.get("v3/jobs", params={"limit": "many"})
        assert (answer.status_code, list(answer.json()["modelState"])) == (400, ["limit"])


async def test_the_older_api_has_older_names_and_outcomes_in_lists() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        bad = await server.run(http, "Bad")
        await server.advance(120)
        made = await http.post(f"v1/workflows/{server.workflow_id('Good')}/jobs", json={})
        assert (made.status_code, made.json()["status"]) == (200, "Queued")
        await server.advance(120)
        one = (await http.get(f"v1/jobs/{made.json()['id']}")).json()
        assert one["createDate"] == "2026-01-14T12:02:30Z"
        assert [(file["name"], file["formats"][0]) for file in one["outputs"]] == [
            ("good.yxdb", "Raw")
        ]
        last = (await http.get("admin/v1/workflows/jobs")).json()
        assert {row["id"]: row["disposition"] for row in last} == {
            bad: "Error",
            one["id"]: "Success",
        }
        query = {"appIds": server.workflow_id("Bad"), "includeMessages": "false"}
        only = (await http.get("admin/v1/workflows/jobs", params=query)).json()
        assert [(row["appId"], row["messages"]) for row in only] == [
            (server.workflow_id("Bad"), [])
        ]
        rows = (await http.get(f"v1/workflows/{server.workflow_id('Bad')}/jobs")).json()
        assert [(row["status"], row["disposition"]) for row in rows] == [("Completed", "Error")]
        again = await http.post(f"user/v2/workflows/{server.workflow_id('Good')}/jobs", json={})
        assert again.status_code == 200


# Real statements


async def test_statements_really_run_in_the_lake_and_leave_files() -> None:
    tools = (
        Tool(1, ToolKind.READ, "SELECT * FROM stores", "{rows} stores"),
        Tool(2, ToolKind.CHECK, "SELECT * FROM stores WHERE store_id > 1000", "{rows} are new"),
        Tool(3, ToolKind.WRITE, "SELECT store_id FROM stores ORDER BY 1", "{rows} written",
             file="stores.csv"),
        Tool(4, ToolKind.TEST, "SELECT * FROM stores WHERE store_id = 7", "store {rows} is closed"),
    )  # fmt: skip
    scene = small_scene(workflows=(WorkflowSeed("Real", OWNER, tools, 10),), collections=())
    async with AlteryxEmulator(scene, lake=True) as server, server.client() as http:
        job = await server.run(http, "Real")
        await server.advance(60)
        state = await job_of(http, job)
        assert [message["text"] for message in state["messages"]][:3] == [
            "store 1 is closed",
            "40 stores",
            "40 written",
        ]
        assert state["disposition"] == "Error"
        file = state["outputs"][0]["id"]
        answer = await http.get(f"v1/jobs/{job}/output/{file}", params={"format": "Csv"})
        assert answer.status_code == 200
        assert answer.text.split()[:3] == ["store_id", "1", "2"]
        assert (await http.get(f"v1/jobs/{job}/output/none")).status_code == 404
        bad = await http.get(f"v1/jobs/{job}/output/{file}", params={"format": "Exe"})
        assert bad.status_code == 400


async def test_a_statement_that_runs_is_interrupted_by_cancel() -> None:
    heavy = "SELECT sum(hash(a.i * b.i)) FROM range(3000000) a(i), range(3000000) b(i)"
    scene = small_scene(
        workflows=(
            WorkflowSeed(
                "Heavy", OWNER, (Tool(1, ToolKind.READ, heavy, "{rows} rows"),), 5, spread=0.0
            ),
        ),
        collections=(),
    )
    async with AlteryxEmulator(scene, lake=True) as server, server.client() as http:
        job = await server.run(http, "Heavy")
        await server.world.advance(20, settle=False)
        assert (await job_of(http, job))["status"] == "Running"
        assert server.world.core.background
        await http.delete(f"v3/jobs/{job}")
        await server.world.advance(2, settle=False)
        await server.world.core.settle()
        assert (await job_of(http, job))["status"] == "Cancelled"


async def test_a_job_of_5000_messages() -> None:
    tools = (Tool(2, ToolKind.SAY, "SELECT _id FROM web_events LIMIT 5000", "odd record"), *GOOD)
    scene = small_scene(workflows=(WorkflowSeed("Loud", OWNER, tools, 10),), collections=())
    async with AlteryxEmulator(scene, lake=True) as server, server.client() as http:
        job = await server.run(http, "Loud")
        await server.advance(60)
        state = await job_of(http, job)
        assert len(state["messages"]) == 5003
        assert state["disposition"] == "Success"


async def test_the_server_forgets_its_oldest_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "KEPT_JOBS", 40)
    seed = WorkflowSeed("Good", OWNER, GOOD[:1], 1, spread=0.0)
    scene = small_scene(workflows=(seed,), collections=())
    async with AlteryxEmulator(scene) as server, server.client() as http:
        first = await server.run(http, "Good")
        for _ in range(99):
            await server.advance(6)
            await server.run(http, "Good")
        assert (await http.get(f"v3/jobs/{first}")).status_code == 404
        assert len(await listed(http, limit="500")) == 40


async def test_broken_requests_are_refused_not_crashed_on() -> None:
    async with AlteryxEmulator() as server, server.client() as http:
        path = f"v3/workflows/{server.workflow_id('Good')}/jobs"
        for body in (b"{", b"\xff\xfe", b'{"workerTag": "\\ud800"}', b"[]", b"7", b"null"):
            answer = await http.post(path, content=body)
            assert answer.status_code == 400, body
            assert answer.json()["message"]
        assert (await http.post(path, content=b"")).status_code == 200
        assert (await http.get(path, params={"limit": "9" * 5000})).status_code == 400
        odd = {"workflowId": server.workflow_id("Good"), "timeZone": "America/New_York"}
        for year in ("0001", "9999"):
            once = {"iterationType": "Once", "startTime": f"{year}-12-31T23:59:59"}
            answer = await http.post("v3/schedules", json=odd | {"iteration": once})
            assert answer.status_code == 400
