"""`list`, `show` and `config check` against servers that neither we nor our emulator wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qsui.cli.shapes import COLUMNS
from tests.foreign import facts
from tests.foreign.peers import PEERS
from tests.foreign.server import Foreign, foreign, since

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cli import Qsui

TASK_KEYS = ["id", "state", "raw_state", "started_at", "ended_at", "duration_s", "message"]
ERROR_KEYS = ["code", "type", "message", "remedy"]


@pytest.fixture(scope="module", params=PEERS, ids=lambda peer: peer.name)
def server(request: pytest.FixtureRequest) -> Iterator[Foreign]:
    with foreign(request.param) as running:
        yield running


def listed(qsui: Qsui, server: Foreign, kind: str, *more: str) -> dict[str, Any]:
    done = qsui("list", kind, *more, "-o", "json", env=server.env)
    assert done.code == 0, done.err
    answer: dict[str, Any] = done.json
    assert list(answer) == ["qsui", "kind", "as_of", "complete", "records"]
    for record in answer["records"]:
        assert tuple(record) == COLUMNS[kind]
    ids = [(record.get("schedule_id"), record["id"]) for record in answer["records"]]
    assert len(set(ids)) == len(ids), "a row came twice"
    return answer


def shown(qsui: Qsui, server: Foreign, *arguments: str) -> dict[str, Any]:
    done = qsui("show", *arguments, "-o", "json", env=server.env)
    assert done.code == 0, done.err
    record: dict[str, Any] = done.json["record"]
    return record


def ids_of(answer: dict[str, Any]) -> list[str]:
    return [record["id"] for record in answer["records"]]


def test_every_schedule_is_listed_once(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "schedules")
    assert answer["complete"]
    assert sorted(ids_of(answer)) == sorted(s.id for s in facts.SCHEDULES)
    by_id = {record["id"]: record for record in answer["records"]}
    for schedule in facts.SCHEDULES:
        record = by_id[schedule.id]
        assert record["state"] == schedule.state
        assert record["cron"] == schedule.cron
        assert record["sql"] == (schedule.sql or None)
        assert record["created_at"][:23] == facts.stamp(schedule.created)[:23]


def test_every_query_is_listed_once(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "queries", "--limit", "1000")
    assert answer["complete"]
    assert sorted(ids_of(answer)) == sorted(query.id for query in facts.QUERIES)
    times = [record["created_at"] for record in answer["records"]]
    assert times == sorted(times, reverse=True)


def test_every_template_is_listed_once(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "templates")
    assert answer["complete"]
    assert sorted(ids_of(answer)) == sorted(t.id for t in facts.TEMPLATES)


def test_a_cut_list_says_so(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "queries", "--limit", "30")
    assert not answer["complete"]
    newest = sorted(facts.QUERIES, key=lambda query: query.created, reverse=True)[:30]
    assert ids_of(answer) == [query.id for query in newest]


def test_failed_queries_are_found_whatever_the_server_can_filter(
    qsui: Qsui, server: Foreign
) -> None:
    answer = listed(qsui, server, "queries", "--where", "state:failed")
    assert answer["complete"]
    assert sorted(ids_of(answer)) == sorted(q.id for q in facts.QUERIES if q.state == "FAILED")
    for record in answer["records"]:
        (error,) = record["errors"]
        assert list(error) == ERROR_KEYS
        assert error["message"] in (facts.REASON, facts.MISSING_TABLE)


def test_recent_queries(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "queries", "--since", "3h", "--limit", "500")
    recent = [query.id for query in facts.QUERIES if query.created >= since(3)]
    assert sorted(ids_of(answer)) == sorted(recent)
    assert answer["complete"]


def test_the_runs_of_a_schedule(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "runs", "--schedule", facts.MERGE.id)
    assert answer["complete"]
    runs = facts.RUNS[facts.MERGE.id]
    assert sorted(ids_of(answer)) == sorted(run.id for run in runs)
    newest = answer["records"][0]
    assert newest["state"] == "FAILED"
    assert newest["slot_at"] == "2026-03-10T13:00:00Z"
    assert newest["due_at"] == "2026-03-10T14:00:00Z"
    assert [r["id"] for r in answer["records"] if r["triggered_by"] == "manual"] == [runs[-1].id]


def test_a_schedule_by_its_name(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "runs", "--schedule", "odd ids", "--where", "failed")
    assert len(answer["records"]) == 25
    assert {record["decoded_id"] for record in answer["records"]} == {None}


def test_a_schedule_without_runs_has_none(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "runs", "--schedule", "Just Made")
    assert answer["complete"]
    assert answer["records"] == []


def test_the_runs_of_a_day(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "runs", "--limit", "500")
    assert not answer["complete"]  # a run without a query would be missing
    known = {(run.schedule.id, run.id): run for runs in facts.RUNS.values() for run in runs}
    for record in answer["records"]:
        run = known[record["schedule_id"], record["id"]]
        assert record["raw_state"].upper() == run.state
    if server.habits.run_links == "none":
        assert answer["records"] == []
        return
    expected = {
        (q.run.schedule.id, q.run.id) for q in facts.QUERIES if q.run and q.created >= since(24)
    }
    assert {(r["schedule_id"], r["id"]) for r in answer["records"]} == expected


def test_the_runs_of_a_day_read_one_by_one(qsui: Qsui, server: Foreign) -> None:
    answer = listed(qsui, server, "runs", "--limit", "500", "--full", "--since", "2h")
    assert answer["complete"]
    expected = {
        run.id + run.schedule.id
        for runs in facts.RUNS.values()
        for run in runs
        if run.slot + (facts.HOUR if not run.is_manual else 0 * facts.HOUR) >= since(2)
        or (run.tasks and run.tasks[0].started >= since(2))
    }
    found = {record["id"] + record["schedule_id"] for record in answer["records"]}
    assert expected <= found
    for record in answer["records"]:
        if record["state"] == "FAILED":
            assert record["error"], record["id"]
            assert list(record["tasks"][0]) == TASK_KEYS


@pytest.mark.parametrize("form", ["encoded", "decoded", "slash"])
def test_the_error_behind_a_run(qsui: Qsui, server: Foreign, form: str) -> None:
    run = facts.RUNS[facts.MERGE.id][0]
    arguments = {
        "encoded": (run.id, "--schedule", facts.MERGE.id),
        "decoded": (run.decoded, "--schedule", facts.MERGE.name),
        "slash": (f"{facts.MERGE.id}/{run.id}",),
    }[form]
    record = shown(qsui, server, "run", *arguments)
    assert tuple(record) == COLUMNS["runs"]
    assert record["state"] == "FAILED"
    assert record["error"]["message"] == facts.REASON
    assert record["error"]["code"] == "58000"
    assert record["error_is_likely"] is (server.habits.run_links == "none")
    assert record["start_lag_s"] == pytest.approx(41.94, abs=0.01)
    assert record["started_at"] == "2026-03-10T14:00:41.936269Z"
    assert record["duration_s"] == 95
    assert [task["raw_state"].upper() for task in record["tasks"]] == ["FAILED"]


def test_the_error_behind_a_run_whose_id_says_nothing(qsui: Qsui, server: Foreign) -> None:
    run = facts.RUNS[facts.ODD_IDS.id][1]
    record = shown(qsui, server, "run", run.id, "--schedule", facts.ODD_IDS.id)
    assert record["error"]["message"] == facts.REASON
    assert record["decoded_id"] is None
    assert record["slot_at"] == facts.stamp(run.slot)


def test_a_block_of_statements(qsui: Qsui, server: Foreign) -> None:
    run = facts.RUNS[facts.BLOCK.id][0]
    record = shown(qsui, server, "run", run.id, "--schedule", facts.BLOCK.id)
    assert [task["state"] for task in record["tasks"]] == ["SUCCESS", "FAILED"]
    assert record["error"]["message"] == facts.MISSING_TABLE


def test_a_run_under_way(qsui: Qsui, server: Foreign) -> None:
    run = facts.RUNS[facts.RUNNING.id][0]
    record = shown(qsui, server, "run", run.id, "--schedule", facts.RUNNING.id)
    assert record["state"] == "RUNNING"
    assert record["ended_at"] is None
    assert record["error"] is None


def test_a_schedule_with_what_its_runs_say(qsui: Qsui, server: Foreign) -> None:
    record = shown(qsui, server, "schedule", facts.MERGE.id)
    assert tuple(record) == COLUMNS["schedules"]
    assert record["streak"] == 3
    assert record["history"][-4:] == ["SUCCESS", "FAILED", "FAILED", "FAILED"]
    assert record["last_run_state"] == "FAILED"
    assert record["next_fire_at"] == "2026-03-10T15:00:00Z"


def test_a_query_and_a_template(qsui: Qsui, server: Foreign) -> None:
    query = next(query for query in facts.QUERIES if query.error)
    record = shown(qsui, server, "query", query.id)
    assert tuple(record) == COLUMNS["queries"]
    assert record["sql"] == query.sql
    template = shown(qsui, server, "template", facts.TEMPLATE_ID)
    assert tuple(template) == COLUMNS["templates"]
    assert template["sql"] == "SELECT $key FROM t0"


def test_the_connection_is_sound(qsui: Qsui, server: Foreign) -> None:
    done = qsui("config", "check", env=server.env)
    assert done.code == 0, done.out + done.err
