"""`list` and `show` against a real server in each manner: shapes, joins, honesty, exit codes."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from qsui.backends.options import scope_key
from qsui.cli.shapes import COLUMNS
from qsui.domain.models import Kind, Ref, Run, Scope
from qsui.domain.states import RunState
from qsui.storage.history import open_history
from tests.support.emulator import RunningServer, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cli import Qsui

NOW = datetime(2026, 1, 14, 12, 5, 30, tzinfo=UTC)  # far from this machine's time, on purpose
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
FAILING = "profile_merge"


@pytest.fixture(scope="module", params=["docs", "oas", "2020"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with running_server(speed=0, now=NOW, manner=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def docs() -> Iterator[RunningServer]:
    with running_server(speed=0, now=NOW) as running:
        yield running


def listed(qsui: Qsui, server: RunningServer, *arguments: str) -> dict[str, Any]:
    done = qsui("list", *arguments, "-o", "json", env=server.env)
    assert done.code == 0, done.err
    answer: dict[str, Any] = done.json
    assert answer["qsui"] == 1
    assert answer["kind"] == arguments[0]
    assert RFC_3339.fullmatch(answer["as_of"])
    for record in answer["records"]:
        assert tuple(record) == COLUMNS[arguments[0]]
        for key, value in record.items():
            if key.endswith("_at") and value is not None:
                assert RFC_3339.fullmatch(value), key
    return answer


def failing_id(qsui: Qsui, server: RunningServer) -> str:
    found = listed(qsui, server, "schedules", "--where", f"name={FAILING}")["records"]
    assert len(found) == 1
    id: str = found[0]["id"]
    return id


def test_schedules_are_listed_and_what_was_not_read_is_said(
    qsui: Qsui, server: RunningServer
) -> None:
    answer = listed(qsui, server, "schedules")
    assert answer["complete"]
    by_name = {record["name"]: record for record in answer["records"]}
    assert set(by_name) == {"orders_rollup", FAILING, "old_backfill"}
    failing = by_name[FAILING]
    assert failing["state"] == "ENABLED"
    assert failing["next_fire_at"] == "2026-01-14T12:10:00Z"
    assert failing["last_run_state"] == "FAILED"
    assert failing["streak"] is None
    assert failing["history"] is None
    assert by_name["old_backfill"]["state"] == "DISABLED"
    assert by_name["old_backfill"]["next_fire_at"] is None
    done = qsui("list", "schedules", env=server.env)
    assert "runs were not read" in done.err
    assert "not read" not in done.out


def test_full_reads_the_runs_of_every_schedule(qsui: Qsui, server: RunningServer) -> None:
    answer = listed(qsui, server, "schedules", "--full")
    failing = next(record for record in answer["records"] if record["name"] == FAILING)
    assert failing["streak"] >= 3
    assert failing["history"][-1] == "FAILED"
    assert failing["last_run_at"] >= failing["next_fire_at"][:10]


def test_a_filter_about_runs_has_them_read(qsui: Qsui, server: RunningServer) -> None:
    answer = listed(qsui, server, "schedules", "--where", "fails>2")
    assert [record["name"] for record in answer["records"]] == [FAILING]
    assert answer["complete"]


def test_runs_of_one_schedule_carry_their_times_and_errors(
    qsui: Qsui, server: RunningServer
) -> None:
    answer = listed(qsui, server, "runs", "--schedule", FAILING, "--limit", "3")
    assert not answer["complete"]
    assert len(answer["records"]) == 3
    slots = [record["slot_at"] for record in answer["records"]]
    assert slots == sorted(slots, reverse=True)
    newest = answer["records"][0]
    assert newest["state"] == "FAILED"
    assert newest["error"]["code"] == "42P01"
    assert newest["error"]["message"] == "Table no_such_table not found"
    assert newest["started_at"] >= newest["due_at"] >= newest["slot_at"]
    assert newest["start_lag_s"] >= 0
    assert newest["triggered_by"] == "schedule"


def test_runs_of_all_schedules_come_from_queries(qsui: Qsui, server: RunningServer) -> None:
    answer = listed(qsui, server, "runs", "--where", "state:failed")
    assert answer["records"]
    assert not answer["complete"]
    assert {record["name"] for record in answer["records"]} == {FAILING}
    assert all(record["error"]["message"] for record in answer["records"])
    assert all(record["tasks"] for record in answer["records"])
    done = qsui("list", "runs", env=server.env)
    assert "of 2 enabled schedules were not read" in done.err


def test_full_runs_are_complete(qsui: Qsui, server: RunningServer) -> None:
    answer = listed(qsui, server, "runs", "--since", "2h", "--full")
    assert answer["complete"]
    assert {record["name"] for record in answer["records"]} == {"orders_rollup", FAILING}
    assert all(record["tasks"] for record in answer["records"])


def test_queries_are_filtered(qsui: Qsui, server: RunningServer) -> None:
    answer = listed(qsui, server, "queries", "--where", "state:failed", "--limit", "2")
    assert [record["state"] for record in answer["records"]] == ["FAILED", "FAILED"]
    assert not answer["complete"]
    assert answer["records"][0]["errors"][0]["message"] == "Table no_such_table not found"
    of_one = listed(qsui, server, "queries", "--schedule", "orders_rollup", "--since", "4h")
    assert of_one["records"]
    assert {record["name"] for record in of_one["records"]} <= {"orders_rollup", None}


@pytest.mark.parametrize("is_decoded", [False, True])
def test_a_run_is_shown_with_tasks_error_and_remedy(
    qsui: Qsui, server: RunningServer, is_decoded: bool
) -> None:
    newest = listed(qsui, server, "runs", "--schedule", FAILING, "--limit", "1")["records"][0]
    id = newest["decoded_id"] if is_decoded else newest["id"]
    done = qsui("show", "run", id, "--schedule", newest["schedule_id"], "-o", "json")
    assert done.code == 0, done.err
    record = done.json["record"]
    assert done.json["kind"] == "run"
    assert tuple(record) == COLUMNS["runs"]
    assert record["id"] == newest["id"]
    assert record["tasks"][0]["message"] == "Processing Failed"
    assert record["error"]["message"] == "Table no_such_table not found"
    assert record["error"]["remedy"]
    assert record["error_is_likely"] is False
    text = qsui("show", "run", f"{newest['schedule_id']}/{id}").out
    assert "Table no_such_table not found" in text


def test_a_run_without_its_schedule_is_2(qsui: Qsui, docs: RunningServer) -> None:
    id = base64.b64encode(b"scheduled__2026-01-14T11:40:00+00:00").decode()
    done = qsui("show", "run", id, env=docs.env)
    assert done.code == 2
    assert "--schedule" in done.err


def test_a_run_known_under_one_schedule_needs_no_schedule(
    qsui: Qsui, docs: RunningServer, state_folder: Path
) -> None:
    newest = listed(qsui, docs, "runs", "--schedule", FAILING, "--limit", "1")["records"][0]
    scope = Scope("env", "prod", scope_key("adobe", docs.url, docs.env["QSUI_ORG_ID"], "prod"))

    def remember(schedule_id: str) -> None:
        history = open_history(state_folder)
        ref = Ref("env", "prod", Kind.RUN, schedule_id, newest["id"])
        decoded = newest["decoded_id"]
        run = Run(ref, RunState.FAILED, "FAILED", slot_at=NOW, decoded_id=decoded)
        history.save_runs(scope, (run,))
        history.close()

    remember(newest["schedule_id"])
    for id in (newest["id"], newest["decoded_id"]):
        done = qsui("show", "run", id, "-o", "json")
        assert done.code == 0, done.err
        assert done.json["record"]["schedule_id"] == newest["schedule_id"]
    remember("another")
    done = qsui("show", "run", newest["id"])
    assert done.code == 2
    assert f"another/{newest['id']}" in done.err


def test_a_schedule_is_shown_by_name_or_id(qsui: Qsui, server: RunningServer) -> None:
    by_name = qsui("show", "schedule", FAILING, "-o", "json", env=server.env)
    assert by_name.code == 0, by_name.err
    record = by_name.json["record"]
    assert record["sql"] == "SELECT * FROM no_such_table"
    assert record["streak"] >= 3
    assert qsui("show", "schedule", record["id"], "-o", "json").json["record"]["name"] == FAILING
    assert "streak" in qsui("show", "schedule", FAILING).out


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "schedule", "nobody"),
        ("show", "query", "00000000-0000-0000-0000-000000000000"),
        ("show", "template", "x"),
        ("show", "run", "x", "--schedule", FAILING),
        ("list", "runs", "--schedule", "nobody"),
    ],
)
def test_what_does_not_exist_is_1(
    qsui: Qsui, docs: RunningServer, arguments: tuple[str, ...]
) -> None:
    done = qsui(*arguments, env=docs.env)
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("qsui: ")


@pytest.mark.parametrize(
    ("variable", "value", "setting"),
    [
        ("QSUI_CLIENT_SECRET", "wrong", "client_secret"),
        ("QSUI_CLIENT_ID", "wrong", "client_id"),
        ("QSUI_ORG_ID", "000000000000000000000000@AdobeOrg", "org_id"),
        ("QSUI_SANDBOX", "nowhere", "sandbox"),
    ],
)
def test_a_wrong_setting_is_named(
    qsui: Qsui, docs: RunningServer, variable: str, value: str, setting: str
) -> None:
    done = qsui("list", "schedules", env=docs.env | {variable: value})
    assert done.code in (1, 4)
    assert done.out == ""
    assert setting in done.err
    check = qsui("config", "check", env=docs.env | {variable: value})
    assert check.code == done.code
    assert "✗" in check.out
    assert setting in check.out
    assert "hush" not in check.out


def test_the_check_is_one_line_each(qsui: Qsui, server: RunningServer) -> None:
    done = qsui("config", "check", env=server.env)
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["ok", "token"],
        ["ok", "sandbox"],
        ["ok", "schedules"],
        ["ok", "queries"],
    ]


def test_jsonl_csv_and_table_hold_the_same_rows(qsui: Qsui, docs: RunningServer) -> None:
    names = [record["name"] for record in listed(qsui, docs, "schedules")["records"]]
    lines = qsui("list", "schedules", "-o", "jsonl").out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == names
    rows = list(csv.DictReader(io.StringIO(qsui("list", "schedules", "-o", "csv").out)))
    assert [row["name"] for row in rows] == names
    assert tuple(rows[0]) == COLUMNS["schedules"]
    table = qsui("list", "schedules").out.splitlines()
    assert table[0].startswith("STATE")
    assert [line.split()[1] for line in table[1:]] == names


def test_a_filter_that_cannot_be_read_points_at_the_place(qsui: Qsui, docs: RunningServer) -> None:
    done = qsui("list", "queries", "--where", "name:a stat:failed", env=docs.env)
    assert done.code == 2
    assert "at 8" in done.err
    assert "did you mean state?" in done.err


def test_a_forbidden_query_list_costs_only_what_it_tells(qsui: Qsui) -> None:
    with running_server(speed=0, now=NOW, faults=["forbidden-list:queries"]) as running:
        answer = listed(qsui, running, "schedules")
        assert len(answer["records"]) == 3
        assert all(record["last_run_state"] is None for record in answer["records"])
        assert qsui("list", "queries").code == 4


@pytest.mark.parametrize(("fault", "code"), [("html", 3), ("truncated", 3), ("rate-limit-bare", 1)])
def test_an_answer_that_cannot_be_used_has_its_code(qsui: Qsui, fault: str, code: int) -> None:
    with running_server(speed=0, now=NOW, faults=[fault]) as running:
        done = qsui("show", "template", "x", env=running.env)
        assert done.code == code
        assert "Traceback" not in done.err
        assert done.err.startswith("qsui: ")
