"""Records look like the published samples, in each manner and with each switch."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from qsui.emulator.quirks import CHOICES, MANNERS, Quirks
from tests.support.emulator import OWNER, Emulator

pytestmark = pytest.mark.anyio

QUERY_KEYS = {
    "id", "request", "state", "rowCount", "elapsedTime", "isCTAS", "isInsertInto", "client",
    "userId", "errors", "created", "updated", "version", "_links",
}  # fmt: skip


async def schedule_named(http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = (await http.get("/schedules")).json()["schedules"]
    return next(row for row in rows if row["query"].get("name") == name)


async def newest_run(http: httpx.AsyncClient, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """List row and detail of the newest finished run of a schedule."""
    schedule = await schedule_named(http, name)
    path = f"/schedules/{schedule['id']}/runs"
    rows = (await http.get(path, params={"orderby": "-created"})).json()["runsSchedules"]
    row = next(row for row in rows if row["state"] != "IN_PROGRESS")
    return row, (await http.get(f"{path}/{row['id']}")).json()


@pytest.fixture(params=list(MANNERS))
async def any_manner(request: pytest.FixtureRequest) -> AsyncIterator[Emulator]:
    async with Emulator(manner=request.param) as emulator:
        yield emulator


async def with_quirk(quirk: str, name: str = "profile_merge") -> dict[str, Any]:
    """Schedule, run row, run detail and newest query under one switch."""
    async with Emulator(quirks=[quirk]) as emulator, emulator.client() as http:
        row, detail = await newest_run(http, name)
        queries = await http.get("/queries", params={"orderby": "-created"})
        return {
            "schedule": await schedule_named(http, name),
            "run": row,
            "detail": detail,
            "query": queries.json()["queries"][0],
            "page": (await http.get("/schedules", params={"limit": "1"})).json(),
        }


async def test_a_schedule_has_the_fields_of_the_sample(any_manner: Emulator) -> None:
    async with any_manner.client() as http:
        record = await schedule_named(http, "orders_rollup")
    assert set(record) == {
        "id", "state", "query", "schedule", "userId", "updatedUserId", "created", "updated",
        "version", "_links",
    }  # fmt: skip
    assert record["id"].startswith("de3000000000000000000001_")
    assert "_orders_rollup" in record["id"]
    assert len(record["id"]) > 90
    assert set(record["_links"]) == {"self", "runs", "trigger", "delete", "enable", "disable"}
    assert record["schedule"]["maxActiveRuns"] == 1
    assert record["schedule"]["startDate"].endswith("Z")
    assert record["userId"] == OWNER
    assert record["version"] == 2


async def test_a_failed_run_leads_to_its_query(any_manner: Emulator) -> None:
    async with any_manner.client() as http:
        row, detail = await newest_run(http, "profile_merge")
        decoded = base64.b64decode(row["id"]).decode()
        assert decoded == f"scheduled__{row['created'].removesuffix('Z')}+00:00"
        assert detail["state"].upper() == row["state"] == "FAILED"
        assert [task["message"] for task in detail["taskStatusList"]] == ["Processing Failed"]
        assert "error" not in detail
        found = []
        for run_id in (row["id"], decoded):
            text = f"scheduleId=={detail['scheduleId']},scheduleRunId=={run_id}"
            found += (await http.get("/queries", params={"property": text})).json()["queries"]
        query = found[0]
        assert query["_links"]["schedule_run"]["id"] == row["id"]
        assert query["_links"]["schedule"]["id"] == detail["scheduleId"]
        assert query["errors"][0]["code"] == "42P01"
        again = await http.get(query["_links"]["schedule_run"]["href"])
        assert again.json()["id"] == row["id"]


async def test_a_query_has_the_fields_of_the_sample(any_manner: Emulator) -> None:
    async with any_manner.client() as http:
        rows = (await http.get("/queries", params={"orderby": "-created"})).json()["queries"]
    for row in rows:
        assert set(row) >= QUERY_KEYS
        assert row["created"] <= row["updated"]
        assert ("cancel" in row["_links"]) == (row["state"] in ("SUBMITTED", "IN_PROGRESS"))
    done = next(row for row in rows if "orders" in row["request"]["sql"] and row["rowCount"])
    assert done["_links"]["referenced_datasets"][0]["id"] == "5b2b0000000000000000000a"
    assert done["elapsedTime"] > 0
    assert done["request"]["dbName"] == "prod:all"


async def test_the_default_manner_prints_the_guides_samples() -> None:
    found = await with_quirk("Q13=here")
    assert found["schedule"]["created"].isdigit()
    assert found["run"]["externalTrigger"] == "false"
    assert found["run"]["created"].endswith(":00Z")
    assert found["detail"]["state"] == "failed"
    assert not found["detail"]["created"].endswith("Z")
    task = found["detail"]["taskStatusList"][0]
    assert task["state"] == "FAILED"
    assert isinstance(task["duration"], int)
    assert len(task["startDate"]) == len("2020-01-08T23:43:58.936269")
    assert "cancel" in found["run"]["_links"]
    assert found["page"]["_links"]["next"]["href"].startswith(
        "http://emulator.test/data/foundation"
    )
    assert "orderby=%2Bcreated&start=" in found["page"]["_links"]["next"]["href"]
    assert found["query"]["_links"]["self"]["method"] == "GET"


async def test_switches_change_what_they_name() -> None:
    assert "T" in (await with_quirk("Q3=iso"))["schedule"]["created"]
    assert (await with_quirk("Q4=z"))["detail"]["created"].endswith("Z")
    task = (await with_quirk("Q5=z"))["detail"]["taskStatusList"][0]
    assert task["startDate"].endswith("Z")
    assert (await with_quirk("Q6=epoch"))["page"]["_page"]["start"].isdigit()
    assert (await with_quirk("Q8=bool"))["run"]["externalTrigger"] is False
    assert (await with_quirk("Q9=upper"))["detail"]["state"] == "FAILED"
    text = (await with_quirk("Q10=string"))["detail"]["taskStatusList"][0]["duration"]
    assert text.isdigit()
    assert isinstance((await with_quirk("Q11=string"))["page"]["_links"]["next"], str)
    oas = (await with_quirk("Q12=oas"))["page"]["_links"]["next"]["href"]
    assert "linkType=next" in oas
    assert "orderby" not in oas
    odd = (await with_quirk("Q13=odd"))["schedule"]["_links"]["self"]["href"]
    assert odd.startswith("https://platform-int.adobe.io/")
    body = (await with_quirk("Q14=oas"))["schedule"]["_links"]["enable"]["body"]
    assert not body.startswith("{")
    assert "cancel" not in (await with_quirk("Q20=active"))["run"]["_links"]
    found = await with_quirk("Q33=no-links")
    assert "schedule_run" not in found["query"]["_links"]


async def test_an_ignored_filter_answers_with_every_query() -> None:
    async with Emulator(quirks=["Q33=ignored"]) as emulator, emulator.client() as http:
        row, detail = await newest_run(http, "profile_merge")
        text = f"scheduleId=={detail['scheduleId']},scheduleRunId=={row['id']}"
        found = (await http.get("/queries", params={"property": text})).json()["queries"]
        assert len({query["_links"]["schedule_run"]["id"] for query in found}) > 1


async def test_switches_of_lists() -> None:
    async with Emulator(quirks=["Q23=404", "Q31=all"]) as emulator, emulator.client() as http:
        assert (await http.get("/query-templates")).status_code == 404
        page = (await http.get("/queries")).json()["_page"]
        assert page["count"] > 20
        assert "next" not in page


async def test_success_with_warnings_and_other_spellings() -> None:
    async with Emulator(quirks=["Q21=on", "Q24=templateID"]) as emulator, emulator.client() as http:
        body = {"name": "t", "sql": "SELECT $n", "queryParameters": {"n": "1"}}
        template = (await http.post("/query-templates", json=body)).json()
        new = {"dbName": "prod:all", "templateID": template["id"], "queryParameters": {"n": "2"}}
        made = (await http.post("/queries", json=new)).json()
        assert made["request"]["templateID"] == template["id"]
        assert made["templateName"] == "t"
        assert made["effectiveSQL"] == "SELECT 2"
        await emulator.advance(60)
        done = (await http.get(f"/queries/{made['id']}")).json()
        assert done["state"] == "SUCCESS"
        assert done["errors"]


def test_every_switch_and_manner_can_be_chosen() -> None:
    for name, words in CHOICES.items():
        for word in words:
            assert Quirks("docs", [f"{name.lower()}={word}"])[name] == word
    for manner, choices in MANNERS.items():
        assert all(Quirks(manner)[name] == word for name, word in choices.items())


@pytest.mark.parametrize("text", ["Q99=x", "Q11=number", "Q11", ""])
def test_other_switches_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quirk"):
        Quirks("docs", [text])
    with pytest.raises(ValueError, match="manner"):
        Quirks("1999")
