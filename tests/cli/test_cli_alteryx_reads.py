"""`list`, `show` and `config check` on each release of an Alteryx Server, and for each role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from qsui.cli.shapes import COLUMNS
from qsui.emulator.alteryx.seeds import WorkflowSeed
from qsui.emulator.faults import parse_json
from tests.support.alteryx import GOOD, OWNER, small_scene
from tests.support.alteryx_cli import AlteryxCli, alteryx_cli
from tests.support.emulator import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cli import Qsui

RELEASES = ["2024.2", "2025.1", "current"]
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
HISTORY = ("Bad", "Good", "Bad", "Warns")


@pytest.fixture(params=RELEASES)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[AlteryxCli]:
    with alteryx_cli(monkeypatch, request.param) as running:
        yield running


@pytest.fixture
def newest(monkeypatch: pytest.MonkeyPatch) -> Iterator[AlteryxCli]:
    with alteryx_cli(monkeypatch) as running:
        yield running


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> Iterator[AlteryxCli]:
    with alteryx_cli(monkeypatch, "2025.1") as running:
        yield running


def with_history(server: AlteryxCli) -> list[str]:
    """Let some jobs end, one after the other; their ids."""
    ids = []
    for name in HISTORY:
        ids.append(server.start(name))
        server.clock.pass_by(300)
    return ids


def listed(
    qsui: Qsui, server: AlteryxCli, *arguments: str, key: str = ""
) -> tuple[dict[str, Any], str]:
    env = server.env_of(key) if key else server.env
    done = qsui("list", *arguments, "-o", "json", env=env)
    assert done.code == 0, done.err
    answer: dict[str, Any] = done.json
    assert answer["kind"] == arguments[0]
    for record in answer["records"]:
        assert tuple(record) == COLUMNS[arguments[0]]
        for name, value in record.items():
            if name.endswith("_at") and value is not None:
                assert RFC_3339.fullmatch(value), name
    return answer, done.err


def test_workflows_carry_their_last_job(qsui: Qsui, server: AlteryxCli) -> None:
    with_history(server)
    answer, _ = listed(qsui, server, "workflows")
    assert answer["complete"]
    by_name = {record["name"]: record for record in answer["records"]}
    assert set(by_name) == {"Good", "Bad", "Warns", "Tagged", "App", "Macro"}
    assert by_name["Bad"]["last_job_state"] == "FAILED"
    assert by_name["Warns"]["last_job_state"] == "WARNING"
    assert by_name["Tagged"]["last_job_state"] is None
    assert by_name["Good"]["owner"] == "Otto Owner"
    failed, _ = listed(qsui, server, "workflows", "--where", "failed")
    assert [record["name"] for record in failed["records"]] == ["Bad"]


def test_jobs_of_a_workflow_are_listed_by_every_release(qsui: Qsui, server: AlteryxCli) -> None:
    ids = with_history(server)
    answer, err = listed(qsui, server, "jobs", "--workflow", "bad")
    assert [record["id"] for record in answer["records"]] == [ids[2], ids[0]]
    assert {record["state"] for record in answer["records"]} == {"FAILED"}
    assert {record["raw_state"] for record in answer["records"]} == {"Completed"}
    assert {record["workflow_name"] for record in answer["records"]} == {"Bad"}
    assert answer["complete"]
    assert err == ""


def test_all_jobs_are_listed_by_the_newest_release(qsui: Qsui, newest: AlteryxCli) -> None:
    ids = with_history(newest)
    answer, _ = listed(qsui, newest, "jobs")
    mine = [record for record in answer["records"] if record["id"] in ids]
    assert [record["id"] for record in mine] == ids[::-1]
    assert [record["state"] for record in mine] == ["WARNING", "FAILED", "SUCCESS", "FAILED"]
    assert mine[0]["duration_s"] > 0
    assert mine[0]["submitted_by"]
    assert answer["complete"]


def test_an_older_release_lists_the_last_jobs_and_says_so(qsui: Qsui, older: AlteryxCli) -> None:
    ids = with_history(older)
    answer, err = listed(qsui, older, "jobs")
    assert not answer["complete"]
    assert [record["id"] for record in answer["records"]] == [ids[3], ids[2], ids[1]]
    assert "the last job of every workflow; --workflow ID" in err


def test_full_reads_the_jobs_of_every_workflow(qsui: Qsui, older: AlteryxCli) -> None:
    ids = with_history(older)
    answer, _ = listed(qsui, older, "jobs", "--full")
    assert [r["id"] for r in answer["records"] if r["id"] in ids] == ids[::-1]
    assert answer["complete"]


def test_filters_since_and_limit(qsui: Qsui, newest: AlteryxCli) -> None:
    ids = with_history(newest)
    failed, _ = listed(qsui, newest, "jobs", "--where", "state:failed")
    assert [record["id"] for record in failed["records"]] == [ids[2], ids[0]]
    assert failed["complete"]
    said, _ = listed(qsui, newest, "jobs", "--where", "messages:odd", "--since", "7m")
    assert [record["id"] for record in said["records"]] == [ids[3]]
    recent, _ = listed(qsui, newest, "jobs", "--since", "12m")
    assert [record["id"] for record in recent["records"]] == ids[:1:-1]
    few, _ = listed(qsui, newest, "jobs", "--limit", "1")
    assert len(few["records"]) == 1
    assert not few["complete"]
    wrong = qsui("list", "jobs", "--where", "stat:failed", env=newest.env)
    assert wrong.code == 2
    assert "state" in wrong.err


def test_open_jobs_show_their_place_in_life(qsui: Qsui, newest: AlteryxCli) -> None:
    running, waiting = newest.start("Good"), newest.start("Bad")
    newest.clock.pass_by(20)
    answer, _ = listed(qsui, newest, "jobs", "--where", "state:running|queued")
    states = {record["id"]: record["state"] for record in answer["records"]}
    assert states == {running: "RUNNING", waiting: "QUEUED"}


def test_schedules_tell_cadence_next_fire_and_the_workflows_last_job(
    qsui: Qsui, server: AlteryxCli
) -> None:
    with_history(server)
    answer, err = listed(qsui, server, "schedules")
    by_name = {record["name"]: record for record in answer["records"]}
    nightly = by_name["Nightly"]
    assert nightly["state"] == "ENABLED"
    assert nightly["next_fire_at"] == "2026-01-15T06:00:00Z"
    assert nightly["cadence"]
    assert nightly["workflow_name"] == "Good"
    assert nightly["last_run_state"] == "SUCCESS"
    assert nightly["streak"] is None
    assert nightly["history"] is None
    assert nightly["max_active_runs"] is None
    assert nightly["sql"] is None
    assert by_name["Third Tuesday"]["cron"] is None
    assert "third Tuesday" in by_name["Third Tuesday"]["cadence"]
    assert (by_name["Paused"]["state"], by_name["Paused"]["next_fire_at"]) == ("DISABLED", None)
    assert "no server tells which schedule started a job" in err
    of_one, _ = listed(qsui, server, "schedules", "--workflow", "Bad")
    assert [record["name"] for record in of_one["records"]] == ["Third Tuesday"]


def test_full_gives_schedules_a_history(qsui: Qsui, server: AlteryxCli) -> None:
    with_history(server)
    answer, _ = listed(qsui, server, "schedules", "--full")
    by_name = {record["name"]: record for record in answer["records"]}
    assert by_name["Third Tuesday"]["streak"] == 2
    assert by_name["Third Tuesday"]["history"] == ["FAILED", "FAILED"]
    assert by_name["Nightly"]["history"][-1] == "SUCCESS"


def test_a_failed_job_is_shown_with_its_messages_by_tool(qsui: Qsui, server: AlteryxCli) -> None:
    id = with_history(server)[0]
    done = qsui("show", "job", id, env=server.env)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "state          FAILED" in lines
    tools = [line.strip() for line in lines if re.match(r"    (tool|the engine)", line)]
    assert tools[0] == "tool 7"  # the one that failed comes first
    assert "the engine" in tools
    assert any(line.strip().startswith("error ") for line in lines)
    record = qsui("show", "job", id, "-o", "json", env=server.env).json["record"]
    assert tuple(record) == COLUMNS["jobs"]
    assert {"severity", "raw_status", "tool_id", "text"} == set(record["messages"][0])
    assert {"error", "info"} <= {message["severity"] for message in record["messages"]}


def test_outputs_of_a_good_job_are_shown(qsui: Qsui, server: AlteryxCli) -> None:
    id = with_history(server)[1]
    record = qsui("show", "job", id, "-o", "json", env=server.env).json["record"]
    assert record["state"] == "SUCCESS"
    assert record["outputs"][0]["name"]
    assert record["outputs"][0]["formats"]
    done = qsui("show", "job", id, env=server.env)
    assert record["outputs"][0]["name"] in done.out.partition("outputs\n")[2]


def test_a_workflow_and_a_schedule_are_shown_by_name(qsui: Qsui, server: AlteryxCli) -> None:
    with_history(server)
    record = qsui("show", "workflow", "warns", "-o", "json", env=server.env).json["record"]
    assert tuple(record) == COLUMNS["workflows"]
    assert (record["name"], record["kind"]) == ("Warns", "Module")
    assert record["last_job_state"] == "WARNING"
    shown = qsui("show", "schedule", "Third Tuesday", "-o", "json", env=server.env).json["record"]
    assert tuple(shown) == COLUMNS["schedules"]
    assert shown["streak"] == 2


@pytest.mark.parametrize("kind", ["workflow", "job", "schedule"])
def test_what_is_not_there_is_said_once(qsui: Qsui, server: AlteryxCli, kind: str) -> None:
    done = qsui("show", kind, "none such", env=server.env)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("kind", ["query", "run", "template"])
def test_kinds_of_query_service_are_refused(qsui: Qsui, newest: AlteryxCli, kind: str) -> None:
    plural = {"query": "queries"}.get(kind, f"{kind}s")
    words = (
        f"an Alteryx Server has no {plural}: the profile env knows workflows, jobs and schedules"
    )
    for arguments in (("list", plural), ("show", kind, "x")):
        done = qsui(*arguments, env=newest.env)
        assert (done.code, done.out, done.err) == (2, "", f"qsui: {words}\n")


@pytest.mark.parametrize("kind", ["workflow", "job"])
def test_kinds_of_an_alteryx_server_are_refused_elsewhere(qsui: Qsui, kind: str) -> None:
    with running_server(speed=0) as server:
        for arguments in (("list", f"{kind}s"), ("show", kind, "x")):
            done = qsui(*arguments, env=server.env)
            assert (done.code, done.out) == (2, "")
            assert f"Adobe Query Service has no {kind}s" in done.err


def test_options_that_mean_nothing_are_refused(qsui: Qsui, newest: AlteryxCli) -> None:
    by_schedule = qsui("list", "jobs", "--schedule", "Nightly", env=newest.env)
    assert by_schedule.code == 2
    assert "use --workflow" in by_schedule.err
    assert qsui("list", "workflows", "--workflow", "Good", env=newest.env).code == 2


def test_the_dashboard_opens_there_too_and_wants_a_terminal(qsui: Qsui, newest: AlteryxCli) -> None:
    done = qsui(env=newest.env)
    assert (done.code, done.out) == (2, "")
    assert "the dashboard needs a terminal" in done.err


@pytest.mark.parametrize("key", ["owner", "member"])
def test_who_may_not_list_all_jobs_is_told_what_works(
    qsui: Qsui, server: AlteryxCli, key: str
) -> None:
    done = qsui("list", "jobs", env=server.env_of(key))
    assert (done.code, done.out) == (4, "")
    assert "needs the role Curator" in done.err
    assert "--workflow ID" in done.err


def test_an_artisan_sees_the_jobs_of_their_own_workflows(qsui: Qsui, server: AlteryxCli) -> None:
    env = server.env_of("owner")
    with_history(server)
    done = qsui("list", "jobs", "--workflow", "Good", "-o", "json", env=env)
    assert done.code == 0, done.err
    workflows, err = listed(qsui, server, "workflows", key="owner")
    assert {record["name"] for record in workflows["records"]} >= {"Good", "Bad"}
    assert "So the last jobs of workflows are unknown" in err


def test_a_wrong_key_is_not_allowed(qsui: Qsui, server: AlteryxCli) -> None:
    done = qsui("list", "jobs", env=server.env_of("nobody"))
    assert (done.code, done.out) == (4, "")
    assert "nobody-secret" not in done.err


def test_check_says_what_the_release_can_do(qsui: Qsui, server: AlteryxCli) -> None:
    done = qsui("config", "check", env=server.env)
    assert done.code == 0, done.err
    lines = {line[5:14].strip(): (line[:4].strip(), line[15:]) for line in done.out.splitlines()}
    assert [lines[name][0] for name in ("token", "role", "schedules")] == ["ok"] * 3
    is_newest = "lists the jobs of the whole server" in lines["role"][1]
    assert lines["all jobs"][0] == ("yes" if is_newest else "no")
    assert lines["cron"][0] == ("yes" if is_newest else "no")
    assert lines["cancel"] == (
        ("yes", "this server has it")
        if is_newest
        else ("?", "came with 2025.1; not known until one is tried")
    )
    assert lines["users"] == ("yes", "owners are shown by name")


def test_check_with_the_key_of_a_member(qsui: Qsui, newest: AlteryxCli) -> None:
    done = qsui("config", "check", env=newest.env_of("member"))
    assert done.code == 0
    assert "no   users     this key may not list users" in done.out
    assert "this key may not list all jobs" in done.out


def test_check_without_a_token_ends_with_4(qsui: Qsui, newest: AlteryxCli) -> None:
    done = qsui("config", "check", env=newest.env_of("nobody"))
    assert done.code == 4
    assert "all jobs" not in done.out


def test_settings_are_shown_without_what_such_a_server_has_not(
    qsui: Qsui, newest: AlteryxCli
) -> None:
    done = qsui("config", "show", env=newest.env)
    shown = dict(line.split(None, 1) for line in done.out.splitlines() if " " in line.strip())
    assert shown["production"] == "yes"
    assert shown["requests_per_min"] == "300"
    assert shown["token_url"].endswith("/webapi/oauth2/token")
    assert not {"org_id", "sandbox", "scopes"} & set(shown)
    assert "qsui-demo-secret" not in done.out


def test_a_page_instead_of_json_is_unreadable(qsui: Qsui, newest: AlteryxCli) -> None:
    newest.server.faults.switch_on(parse_json({"name": "html", "path": "/v3/workflows"}))
    done = qsui("list", "workflows", env=newest.env)
    assert (done.code, done.out) == (3, "")
    assert "<" not in done.err


def test_a_server_that_is_away_is_unreachable(qsui: Qsui, newest: AlteryxCli) -> None:
    env = newest.env | {"QSUI_BASE_URL": "http://127.0.0.1:9/webapi"}
    for arguments in (("list", "jobs"), ("show", "job", "x"), ("trigger", "Good", "--yes")):
        done = qsui(*arguments, env=env)
        assert (done.code, done.out) == (3, ""), arguments
        assert len(done.err.splitlines()) == 1


def test_thousands_of_workflows_and_hostile_names(
    qsui: Qsui, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "\u202e\x1b[31mevil\x07"
    many = tuple(WorkflowSeed(f"W{number:04}", OWNER, GOOD) for number in range(2_500))
    scene = small_scene(workflows=(*many, WorkflowSeed(hostile, OWNER, GOOD)), collections=())
    with alteryx_cli(monkeypatch, scene=scene) as server:
        answer, _ = listed(qsui, server, "workflows", "--limit", "5000")
        assert len(answer["records"]) == 2_501
        assert answer["complete"]
        named, _ = listed(qsui, server, "workflows", "--where", "W2499")
        assert [record["name"] for record in named["records"]] == ["W2499"]
        shown = qsui("list", "workflows", "--where", "evil", env=server.env)
        assert "evil" in shown.out
        assert not set("\u202e\x1b\x07") & set(shown.out)


def test_the_handoff_tells_of_each_release_what_it_shows(qsui: Qsui, server: AlteryxCli) -> None:
    with_history(server)
    server.start("Good")
    done = qsui("handoff", env=server.env)
    assert done.code == 0, done.err
    assert done.out.startswith("# Handoff env, 2026-01-14")
    assert "**`Third Tuesday`** failed, 2 in a row" in done.out
    assert done.out.count("error: ") == done.out.count("error: tool 7 ") == 1
    assert done.out.count("**") == 2  # told once, though its workflow failed twice
    running = done.out.split("## Running")[1].split("## ")[0]
    assert "job `Good`" in running
    assert "--" not in done.out  # no options that it does not have


def test_the_handoff_for_a_key_that_sees_its_own_jobs_says_what_may_be_missing(
    qsui: Qsui, server: AlteryxCli
) -> None:
    with_history(server)
    done = qsui("handoff", env=server.env_of("owner"))
    assert done.code == 0, done.err
    assert "needs the role Curator" in done.out
    assert "jobs that nobody scheduled may be missing" in done.out
