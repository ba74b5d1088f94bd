"""Filters, order and paging of lists."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from qsui.emulator.errors import SqlError
from qsui.emulator.paging import iso_ms
from qsui.emulator.scenes import Scene
from qsui.emulator.shop_seeds import QuerySeed, TemplateSeed
from tests.support.emulator import OWNER, Emulator, tiny_scene

pytestmark = pytest.mark.anyio


def query(age_s: float, name: str, **changes: Any) -> QuerySeed:
    plain: dict[str, Any] = {
        "sql": f"SELECT '{name}' FROM orders",  # noqa: S608 - nothing runs it
        "client": "API",
        "user": OWNER,
        "elapsed_ms": 400,
    }
    return QuerySeed(**(plain | {"created_s_ago": age_s, "name": name} | changes))


SCENE = Scene(
    "lists",
    schedules=tiny_scene().schedules,
    queries=(
        *(query(1000 + 10 * age, f"q{age}") for age in range(45)),
        query(5, "broken", state="FAILED", error=SqlError("42601", "no", "USER_ERROR")),
        query(6, "noise", hidden=True, client="psql", sql="FETCH 10"),
        query(7, "other", user="someone@AdobeID", sql="SELECT Special FROM web"),
    ),
    templates=(
        TemplateSeed("Daily load", "SELECT $day", OWNER, {"day": "x"}),
        TemplateSeed("Weekly load", "SELECT 2", "someone@AdobeID"),
    ),
)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(SCENE) as running:
        yield running


async def names(http: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await http.get("/queries", params={"limit": "100", "orderby": "-created"} | query)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["queries"]
    return [row["request"]["name"] for row in rows if "schedule" not in row["_links"]]


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("state==FAILED", ["broken"]),
        ("state=failed", ["broken"]),
        ("sql~special", ["other"]),
        ("userId==someone@AdobeID", ["other"]),
        ("client==psql", []),
        ("created>2026-01-14T12:00:20Z", ["broken", "other"]),
        ("created>=2026-01-14T12:00:25Z", ["broken"]),
        ("created>2026-01-14T13:00:20+01:00,state!=FAILED", ["other"]),
        ("referenced_datasets==nothing", []),
        ("templateName~x", []),
    ],
)
async def test_queries_are_filtered(
    http: httpx.AsyncClient, property_: str, expected: list[str]
) -> None:
    assert await names(http, property=property_) == expected


async def test_alternatives_and_echo_of_a_filter(http: httpx.AsyncClient) -> None:
    text = f"userId==someone@AdobeID||{OWNER},created>2026-01-14T12:00:22Z"
    answer = await http.get("/queries", params={"property": text, "orderby": "-created"})
    assert [row["request"]["name"] for row in answer.json()["queries"]] == ["broken", "other"]
    assert answer.json()["_page"]["property"] == text


async def test_hidden_and_deleted_queries_must_be_asked_for(http: httpx.AsyncClient) -> None:
    assert "noise" not in await names(http)
    assert "noise" in await names(http, excludeHidden="false")
    rows = (await http.get("/queries", params={"property": "state==FAILED,sql~broken"})).json()
    path = f"/queries/{rows['queries'][0]['id']}"
    deleted = await http.patch(path, json={"op": "soft_delete"})
    assert (deleted.status_code, deleted.json()["message"]) == (
        200,
        "Query soft delete successful.",
    )
    assert "broken" not in await names(http)
    assert "broken" in await names(http, excludeSoftDeleted="false")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/queries", {"property": "color==red"}),
        ("/queries", {"property": "state"}),
        ("/queries", {"property": "sql==SELECT"}),
        ("/queries", {"property": "created>yesterday"}),
        ("/queries", {"property": "client==a||b"}),
        ("/queries", {"property": "userId==" + "||".join("abcdefghijk")}),
        ("/queries", {"orderby": "-name"}),
        ("/queries", {"orderby": "--created"}),
        ("/queries", {"limit": "0"}),
        ("/queries", {"limit": "101"}),
        ("/queries", {"limit": "ten"}),
        ("/queries", {"limit": "9" * 5000}),
        ("/queries", {"start": "20"}),
        ("/queries", {"start": "0"}),
        ("/queries", {"excludeHidden": "no"}),
        ("/schedules", {"property": "state==ENABLED"}),
        ("/query-templates", {"property": "sql~x"}),
    ],
)
async def test_senseless_parameters_are_400(
    http: httpx.AsyncClient, path: str, query: dict[str, str]
) -> None:
    answer = await http.get(path, params=query)
    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400
    assert answer.json()["message"]


async def walk(http: httpx.AsyncClient, path: str, key: str, **query: str) -> list[dict[str, Any]]:
    """All rows, following next links by their query string laid over the first parameters."""
    rows: dict[str, dict[str, Any]] = {}
    parameters = dict(query)
    while True:
        page = (await http.get(path, params=parameters)).json()
        seen = len(rows)
        rows |= {row["id"]: row for row in page[key]}
        link = page["_links"].get("next")
        if link is None or len(rows) == seen:
            return list(rows.values())
        href = link["href"] if isinstance(link, dict) else link
        parameters |= dict(httpx.URL(href).params)


@pytest.mark.parametrize("order", ["-created", "+created", "-updated", "created"])
@pytest.mark.parametrize("quirks", [(), ("Q1=offset",), ("Q12=oas", "Q11=string")])
async def test_a_walk_meets_every_row_once(order: str, quirks: tuple[str, ...]) -> None:
    async with Emulator(SCENE, quirks=quirks) as emulator, emulator.client() as http:
        rows = await walk(http, "/queries", "queries", orderby=order, limit="7")
        whole = emulator.world.store.one("SELECT count(*) AS n FROM queries WHERE hidden=0")
        assert whole is not None
        assert len(rows) == whole["n"]
        times = [row["updated" if "updated" in order else "created"] for row in rows]
        assert times == sorted(times, reverse=order.startswith("-"))


async def test_the_envelope_says_where_it_is(http: httpx.AsyncClient) -> None:
    page = (await http.get("/queries", params={"orderby": "-created", "limit": "3"})).json()
    assert set(page) == {"queries", "_page", "_links", "version"}
    assert page["_page"]["count"] == 3
    assert page["_page"]["start"] == page["queries"][0]["created"]
    assert "prev" not in page["_links"]
    second = (await http.get(page["_links"]["next"]["href"])).json()
    assert second["_page"]["start"] == page["_page"]["next"]


async def test_previous_links_walk_back_reversed(http: httpx.AsyncClient) -> None:
    first = (await http.get("/queries", params={"orderby": "-created", "limit": "5"})).json()
    following = {"orderby": "-created", "limit": "5", "start": first["_page"]["next"]}
    second = (await http.get("/queries", params=following)).json()
    href = second["_links"]["prev"]["href"]
    assert "isPrevLink=true" in href
    back = dict(httpx.URL(href).params) | {"limit": "6"}
    rows = (await http.get("/queries", params=back)).json()["queries"]
    ids = [row["id"] for row in rows]
    assert ids == [row["id"] for row in [*first["queries"], second["queries"][0]][::-1]]


async def test_equal_times_lead_round_in_a_circle() -> None:
    same = Scene("same", queries=tuple(query(60, f"q{at}") for at in range(9)))
    async with Emulator(same) as emulator, emulator.client() as http:
        ask = {"orderby": "-created", "limit": "4"}
        page = (await http.get("/queries", params=ask)).json()
        assert page["_page"]["next"] == page["_page"]["start"]
        again = (await http.get("/queries", params=ask | {"start": page["_page"]["next"]})).json()
        assert [row["id"] for row in again["queries"]] == [row["id"] for row in page["queries"]]
        assert len(await walk(http, "/queries", "queries", **ask)) == 4


async def test_a_cursor_takes_dates_offsets_and_times_without_zone(
    http: httpx.AsyncClient,
) -> None:
    for start in ("2026-01-14T12:00:24Z", "2026-01-14T13:00:24+01:00", "2026-01-14T12:00:24"):
        found = await names(http, start=start)
        assert found[0] == "other"
    assert (await http.get("/queries", params={"start": "2020-09-07"})).json()["queries"] == []


async def test_default_orders_contradict_each_other(http: httpx.AsyncClient) -> None:
    orders = [
        (await http.get(path)).json()["_page"]["orderby"]
        for path in ("/queries", "/schedules", "/query-templates")
    ]
    assert orders == ["-created", "+created", "-created"]
    assert (await http.get("/queries")).json()["_page"]["count"] == 20


async def test_the_oldest_guide_counts_from_the_latest_page() -> None:
    async with Emulator(manner="2020") as emulator, emulator.client() as http:
        merge = next(
            row
            for row in (await http.get("/schedules")).json()["schedules"]
            if row["query"]["name"] == "profile_merge"
        )
        path = f"/schedules/{merge['id']}/runs"
        page = (await http.get(path, params={"limit": "4"})).json()
        slots = [row["created"] for row in page["runsSchedules"]]
        assert slots == sorted(slots)
        assert page["_page"]["start"] == "0"
        assert "start=4" in page["_links"]["next"]["href"]
        older = (await http.get(path, params={"limit": "4", "start": "4"})).json()
        assert max(row["created"] for row in older["runsSchedules"]) < slots[0]
        rows = await walk(http, path, "runsSchedules", limit="4")
        every = emulator.world.store.one(
            "SELECT count(*) AS n FROM runs WHERE schedule_id=?", merge["id"]
        )
        assert every is not None
        assert len(rows) == every["n"]


async def test_templates_are_filtered_and_counted(http: httpx.AsyncClient) -> None:
    found = (await http.get("/query-templates", params={"property": "name~daily"})).json()
    assert [row["name"] for row in found["templates"]] == ["Daily load"]
    count = await http.get("/query-templates/count", params={"property": f"userId=={OWNER}"})
    assert count.json() == {"totalCount": 1, "version": 1}


async def test_runs_are_filtered(http: httpx.AsyncClient, emulator: Emulator) -> None:
    row = emulator.world.store.one("SELECT id FROM schedules WHERE name='profile_merge'")
    assert row is not None
    path = f"/schedules/{row['id']}/runs"
    failed = (await http.get(path, params={"property": "state==FAILED"})).json()["runsSchedules"]
    since = iso_ms(emulator.world.clock.now_us() - 3600 * 1_000_000)
    recent = (await http.get(path, params={"property": f"created>{since}"})).json()
    assert {run["state"] for run in failed} == {"FAILED"}
    assert all(run["created"] > since for run in recent["runsSchedules"])
    none = await http.get(path, params={"property": "externalTrigger==true"})
    assert none.json()["runsSchedules"] == []
