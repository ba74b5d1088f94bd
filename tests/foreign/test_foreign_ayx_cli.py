"""Reads of Alteryx Servers that neither we nor our emulator wrote, by the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.cli.shapes import COLUMNS
from tests.foreign import ayx_facts as facts
from tests.foreign.ayx_peers import AYX_PEERS
from tests.foreign.ayx_server import AyxServer, ayx_server
from tests.foreign.ayx_watching import AyxClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.foreign.spelling import Json
    from tests.support.cli import Done, Qsui

OUTCOMES = {"Success": "SUCCESS", "Warning": "WARNING", "Error": "FAILED"}
BY_NAME = {peer.name: peer for peer in AYX_PEERS}
LISTS_ALL = [peer.name for peer in AYX_PEERS if peer.release == "current"]
OLDER = [peer for peer in AYX_PEERS if peer.release != "current"]
TELLS_LAST = [one.name for one in OLDER if one.legacy == 200]
KNOWS_NEITHER = [one.name for one in OLDER if one.name not in TELLS_LAST]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> AyxClock:
    clock = AyxClock()
    monkeypatch.setattr("qsui.cli.clocks.SystemClock", lambda: clock)
    return clock


@pytest.fixture(params=AYX_PEERS, ids=lambda peer: peer.name)
def server(request: pytest.FixtureRequest, clock: AyxClock) -> Iterator[AyxServer]:
    with ayx_server(request.param) as running:
        running.state.now = clock.now
        yield running


@pytest.fixture
def named(request: pytest.FixtureRequest, clock: AyxClock) -> Iterator[AyxServer]:
    """The server whose name is the parameter."""
    with ayx_server(BY_NAME[request.param]) as running:
        running.state.now = clock.now
        yield running


def listed(qsui: Qsui, server: AyxServer, kind: str, *more: str) -> dict[str, Any]:
    done = qsui("list", kind, *more, "-o", "json", env=server.env())
    assert done.code == 0, done.err
    answer: dict[str, Any] = done.json
    for record in answer["records"]:
        assert tuple(record) == COLUMNS[kind]
    ids = [record["id"] for record in answer["records"]]
    assert len(set(ids)) == len(ids), "a row came twice"
    return answer


def shown(qsui: Qsui, server: AyxServer, kind: str, id: str) -> Json:
    done = qsui("show", kind, id, "-o", "json", env=server.env())
    assert done.code == 0, done.err
    record: Json = done.json["record"]
    return record


def true_state(job: facts.Job) -> str:
    """What a job is, whatever its row reads."""
    if job.state != "Completed":
        return job.state.upper()
    return OUTCOMES[job.outcome]


def assert_true(server: AyxServer, records: list[Json], *, may_be_open: bool = False) -> None:
    """No record claims what is not so; `ENDED` is all that may be left open."""
    known = {server.state.job_id(job): job for job in server.state.jobs}
    for record in records:
        job = known[record["id"]]
        allowed = {true_state(job)} | ({"ENDED"} if may_be_open else set())
        assert record["state"] in allowed, record
        assert record["queued_at"][:19] == f"{job.created:%Y-%m-%dT%H:%M:%S}"


def jobs_of(server: AyxServer, workflow: facts.Workflow) -> list[str]:
    return [server.state.job_id(job) for job in reversed(server.state.jobs_of(workflow.key))]


def job_id(server: AyxServer, key: str) -> str:
    return next(server.state.job_id(job) for job in server.state.jobs if job.key == key)


def test_every_workflow_is_listed_once(qsui: Qsui, server: AyxServer) -> None:
    answer = listed(qsui, server, "workflows")
    assert answer["complete"] or server.habits.release != "current"
    rows = {record["name"]: record for record in answer["records"]}
    assert set(rows) == {row.name for row in facts.WORKFLOWS}
    assert {row["owner"] for row in rows.values()} == {"Arne", "Kora"}
    for row in facts.WORKFLOWS:
        assert rows[row.name]["id"] == server.state.workflow_id(row.key)


def test_every_schedule_is_listed_once(qsui: Qsui, server: AyxServer) -> None:
    rows = {one["name"]: one for one in listed(qsui, server, "schedules")["records"]}
    assert set(rows) == {row.name for row in facts.schedules()}
    for row in facts.schedules():
        assert rows[row.name]["state"] == ("ENABLED" if row.enabled else "DISABLED")
        assert (rows[row.name]["time_zone"] or "") == row.zone
    assert rows["Hourly load"]["workflow_name"] == facts.LOAD.name
    assert rows["Hourly load"]["next_fire_at"] == "2026-03-10T15:00:00Z"
    assert rows["Weekly clean"]["next_fire_at"] is None


def test_a_schedule_without_a_workflow_has_no_last_run(qsui: Qsui, server: AyxServer) -> None:
    rows = {one["name"]: one for one in listed(qsui, server, "schedules")["records"]}
    orphan = rows["Orphan"]
    assert orphan["workflow_id"] is None
    assert orphan["last_run_state"] is None
    assert orphan["last_run_at"] is None


def test_the_jobs_of_a_workflow_come_whole_and_newest_first(qsui: Qsui, server: AyxServer) -> None:
    answer = listed(qsui, server, "jobs", "--workflow", facts.LOAD.name)
    assert [record["id"] for record in answer["records"]] == jobs_of(server, facts.LOAD)
    assert_true(server, answer["records"], may_be_open=not server.habits.filters)
    assert {record["workflow_name"] for record in answer["records"]} == {facts.LOAD.name}


@pytest.mark.parametrize("named", LISTS_ALL, indirect=True)
def test_all_jobs_are_listed_with_their_outcomes(qsui: Qsui, named: AyxServer) -> None:
    answer = listed(qsui, named, "jobs")
    assert {record["id"] for record in answer["records"]} == {
        named.state.job_id(job) for job in named.state.jobs
    }
    assert_true(named, answer["records"])
    times = [record["queued_at"] for record in answer["records"]]
    assert times == sorted(times, reverse=True)
    failed = next(one for one in answer["records"] if one["state"] == "FAILED")
    assert failed["workflow_name"] == facts.LOAD.name
    assert failed["duration_s"] == 95
    assert failed["submitted_by"] == "artisan@example.invalid"
    queued = next(one for one in answer["records"] if one["state"] == "QUEUED")
    assert queued["started_at"] is None


@pytest.mark.parametrize("named", TELLS_LAST, indirect=True)
def test_older_servers_tell_the_last_job_of_each_workflow(qsui: Qsui, named: AyxServer) -> None:
    answer = listed(qsui, named, "jobs")
    last = {jobs_of(named, row)[0] for row in facts.WORKFLOWS if jobs_of(named, row)}
    assert {record["id"] for record in answer["records"]} == last
    assert_true(named, answer["records"])


@pytest.mark.parametrize("named", KNOWS_NEITHER, indirect=True)
def test_a_server_without_any_list_says_why_and_reads_them_one_by_one(
    qsui: Qsui, named: AyxServer
) -> None:
    done = qsui("list", "jobs", env=named.env())
    assert done.code == 4
    # A route that is missing says nothing about the key.
    assert ("needs the role Curator" in done.err) is (named.habits.legacy == 401)
    assert "--workflow" in done.err
    answer = listed(qsui, named, "jobs", "--full", "--limit", "100")
    assert len(answer["records"]) == len(named.state.jobs)


def test_failed_jobs_are_found(qsui: Qsui, server: AyxServer) -> None:
    if server.habits.release == "current":
        answer = listed(qsui, server, "jobs", "--where", "state:failed")
    else:
        answer = listed(qsui, server, "jobs", "--full", "--where", "state:failed")
    expected = {job_id(server, f"load-{back}") for back in (1, 2, 3)}
    assert {record["id"] for record in answer["records"]} == expected


def test_a_failed_job_says_why(qsui: Qsui, server: AyxServer) -> None:
    record = shown(qsui, server, "job", job_id(server, "load-1"))
    assert record["state"] == "FAILED"
    said = [(one["tool_id"], one["text"]) for one in record["messages"]]
    assert said == [(one.tool, one.text) for one in facts.FAILED_LOG]
    is_placed = server.habits.app_id == "present" or server.habits.release == "current"
    assert (record["workflow_name"] == facts.LOAD.name) is is_placed


def test_a_warned_job_a_good_one_and_a_stopped_one(qsui: Qsui, server: AyxServer) -> None:
    warned = shown(qsui, server, "job", job_id(server, "clean-1"))
    assert warned["state"] == "WARNING"
    assert warned["worker_tag"] == "gpu"
    good = shown(qsui, server, "job", job_id(server, "app-1"))
    assert good["state"] == "SUCCESS"
    assert [output["name"] for output in good["outputs"]] == ["forecast.xlsx"]
    assert shown(qsui, server, "job", job_id(server, "stopped-1"))["state"] == "CANCELLED"


def test_a_running_and_a_waiting_job(qsui: Qsui, server: AyxServer) -> None:
    running = shown(qsui, server, "job", job_id(server, "long-1"))
    assert running["state"] == "RUNNING"
    assert running["ended_at"] is None
    assert shown(qsui, server, "job", job_id(server, "waiting-1"))["state"] == "QUEUED"


def test_what_is_not_there_is_not_found(qsui: Qsui, server: AyxServer) -> None:
    for kind in ("job", "workflow", "schedule"):
        done = qsui("show", kind, "0123456789abcdef01234567", env=server.env())
        assert done.code == 1, (kind, done.err)
        assert "Traceback" not in done.err


def test_a_workflow_and_a_schedule_are_shown(qsui: Qsui, server: AyxServer) -> None:
    workflow = shown(qsui, server, "workflow", facts.LOAD.name)
    assert workflow["last_job_state"] in ("FAILED", "ENDED")
    assert workflow["kind"].lower() == "module"
    schedule = shown(qsui, server, "schedule", "Zoned stop")
    assert schedule["state"] == "ENABLED"
    assert schedule["next_fire_at"] == "2026-03-10T20:00:00Z"
    assert schedule["last_run_state"] == "CANCELLED"


def test_the_connection_is_sound(qsui: Qsui, server: AyxServer) -> None:
    done = qsui("config", "check", env=server.env())
    assert done.code == 0, done.out + done.err
    is_refused = server.habits.legacy == 401 and server.habits.release != "current"
    assert ("no Curator" in done.out) is is_refused


@pytest.mark.parametrize("mount", ["", "/", "/webapi", "/webapi/", "/webapi/v3", "/webapi/v3/"])
def test_the_address_may_be_written_in_every_published_way(
    qsui: Qsui, clock: AyxClock, mount: str
) -> None:
    with ayx_server(BY_NAME["newest"]) as server:
        server.state.now = clock.now
        env = server.env() | {"QSUI_BASE_URL": server.origin + mount}
        done = qsui("list", "workflows", "-o", "json", env=env)
        assert done.code == 0, done.err
        assert len(done.json["records"]) == len(facts.WORKFLOWS)


def test_a_wrong_key_is_told_as_such(qsui: Qsui, server: AyxServer) -> None:
    env = server.env() | {"QSUI_CLIENT_SECRET": "of-somebody-else"}
    done = qsui("list", "workflows", env=env)
    assert done.code == 4
    assert len(server.seen) <= 3  # no login loop


def test_who_is_no_curator_sees_own_jobs_and_no_login_loop(qsui: Qsui, server: AyxServer) -> None:
    env = server.env(facts.ARTISAN)

    def call(*arguments: str) -> Done:
        return qsui(*arguments, "-o", "json", env=env)

    done = call("list", "jobs")
    assert done.code == 4
    assert server.logins <= 2
    own = call("list", "jobs", "--workflow", facts.LOAD.name)
    assert own.code == 0, own.err
    assert len(own.json["records"]) == 28
    assert call("show", "job", job_id(server, "load-1")).json["record"]["state"] == "FAILED"
    foreign = call("show", "job", job_id(server, "long-1"))
    assert foreign.code == 4, foreign.err


@pytest.mark.parametrize("name", ["newest", "loose", "mid", "first-bare"])
def test_thousands_of_workflows_in_one_answer(qsui: Qsui, clock: AyxClock, name: str) -> None:
    with ayx_server(replace(BY_NAME[name], fillers=2500)) as server:
        server.state.now = clock.now
        answer = listed(qsui, server, "workflows", "--limit", "3000")
        assert len(answer["records"]) == 2500 + len(facts.WORKFLOWS)
        assert len(server.seen) < 40


def test_a_token_that_is_revoked_is_asked_for_once(qsui: Qsui, server: AyxServer) -> None:
    plain = server.who
    revoked: list[str] = []

    def who(authorization: str) -> facts.Person:
        if not revoked:
            revoked.append(authorization)
            server.tokens.clear()
        return plain(authorization)

    server.who = who  # type: ignore[method-assign]
    done = qsui("list", "workflows", env=server.env())
    assert done.code == 0, done.err
    assert server.logins == 2
