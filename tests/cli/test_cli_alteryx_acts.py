"""Verbs that act on each release of an Alteryx Server: what is sent, seen, refused, and why."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from qsui.emulator.alteryx.seeds import CollectionSeed
from qsui.emulator.faults import parse_json
from tests.support.alteryx import KEY, MEMBER, OWNER, small_scene
from tests.support.alteryx_cli import SCHEDULES, AlteryxCli, alteryx_cli
from tests.support.emulator import running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.cli import Done, Qsui

RELEASES = ["2024.2", "2025.1", "current"]
NO_CANCEL = "2024.2"
RUN_NOW = "POST /v3/workflows/{id}/jobs"
CANCEL = "DELETE /v3/jobs/{id}"
CHANGE = "PATCH /v3/schedules/{id}"


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("QSUI_STATE_DIR", str(folder))
    return folder


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(release: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[AlteryxCli]:
    with alteryx_cli(monkeypatch, release) as running:
        yield running


@pytest.fixture
def newest(monkeypatch: pytest.MonkeyPatch) -> Iterator[AlteryxCli]:
    with alteryx_cli(monkeypatch) as running:
        yield running


@pytest.fixture
def act(qsui: Qsui) -> Callable[..., Done]:
    """`qsui` with `--yes` on a server, by default with a Curator's key."""

    def call(server: AlteryxCli, *arguments: str, key: str = KEY) -> Done:
        return qsui(*arguments, "--yes", env=server.env_of(key))

    return call


def test_a_workflow_is_run_once_and_its_job_is_named(
    act: Callable[..., Done], server: AlteryxCli, state: Path
) -> None:
    done = act(server, "trigger", "good", "--wait", "--reason", "after the fix")
    assert done.code == 0, done.err
    assert server.writes() == {RUN_NOW: 1}
    id = done.out.split()[-1]
    assert done.out.startswith("done after ")
    assert f"trigger Good, job {id}" in done.out
    assert server.job(id)["status"] in ("Queued", "Initializing", "Running")
    assert "a production server" in done.err
    assert "reason  after the fix" in done.err
    phases = [
        json.loads(line)["kind"] for line in (state / "journal.jsonl").read_text().splitlines()
    ]
    assert phases[0] == "intent"
    assert len(phases) > 1


def test_a_schedule_runs_its_workflow(act: Callable[..., Done], server: AlteryxCli) -> None:
    done = act(server, "trigger", "Nightly", "--wait", "-o", "json")
    assert done.code == 0, done.err
    (record,) = done.json["records"]
    assert (record["kind"], record["stage"], record["name"]) == ("schedule", "done", "Nightly")
    assert server.job(record["result_id"])["appId"] == server.workflow_id("Good")
    assert "it runs the workflow now" in " ".join(record["warnings"])


def test_a_word_for_a_workflow_and_a_schedule_means_several(
    act: Callable[..., Done], newest: AlteryxCli
) -> None:
    newest.call("PATCH", f"v3/schedules/{newest.schedule('Nightly')['id']}", {"name": "Good"})
    done = act(newest, "trigger", "Good")
    assert (done.code, done.out) == (2, "")
    assert f"{newest.workflow_id('Good')}  workflow" in done.err
    assert "  schedule" in done.err
    assert newest.writes() == {"PATCH /v3/schedules/{id}": 1}  # the renaming
    assert act(newest, "trigger", newest.workflow_id("Good")).code == 0


@pytest.mark.parametrize("word", ["none such", "../x", "a/b", "\u202eevil", "6b02ac04bb98f85c"])
def test_what_is_not_there_sends_nothing(
    act: Callable[..., Done], newest: AlteryxCli, word: str
) -> None:
    done = act(newest, "trigger", "Good", word)
    assert (done.code, done.out) == (1, "")
    assert "There is no workflow and no schedule" in done.err
    assert "\u202e" not in done.err
    assert newest.writes() == {}


def test_a_macro_is_left_out_with_the_reason(act: Callable[..., Done], newest: AlteryxCli) -> None:
    done = act(newest, "trigger", "Macro")
    assert done.code == 1
    assert "it is a macro" in done.out
    assert newest.writes() == {}


def test_a_running_job_is_cancelled_where_the_release_can(
    act: Callable[..., Done], server: AlteryxCli, release: str
) -> None:
    id = server.start("Good")
    server.clock.pass_by(10)
    done = act(server, "cancel", "job", id, "--wait")
    assert "it runs: it is cancelled and its row stays" in done.err
    if release == NO_CANCEL:
        assert done.code == 1
        assert "this server (before 2025.1) has no cancel" in done.out
        assert server.job(id)["status"] == "Running"
    else:
        assert done.code == 0, done.err
        assert server.writes() == {RUN_NOW: 1, CANCEL: 1}
        assert server.job(id)["status"] == "Cancelled"


def test_a_waiting_job_is_deleted_from_the_queue_and_that_is_said_before(
    act: Callable[..., Done], server: AlteryxCli, release: str
) -> None:
    server.start("Good")
    id = server.start("Bad")
    server.clock.pass_by(10)
    done = act(server, "cancel", "job", id, "--wait")
    assert "it waits: it is deleted from the queue and leaves no row behind" in done.err
    assert done.code == (1 if release == NO_CANCEL else 0)
    if release != NO_CANCEL:
        assert "it left the queue and has no row any more" in done.out


def test_a_job_that_ended_is_left_out(act: Callable[..., Done], newest: AlteryxCli) -> None:
    id = newest.start("Good")
    newest.clock.pass_by(300)
    done = act(newest, "cancel", "job", id)
    assert done.code == 1
    assert "left out: it has ended already" in done.err
    assert newest.writes() == {RUN_NOW: 1}


@pytest.mark.parametrize(
    ("verb", "name", "is_on"), [("disable", "Nightly", False), ("enable", "Paused", True)]
)
def test_on_and_off_are_one_patch_each(
    act: Callable[..., Done], server: AlteryxCli, verb: str, name: str, is_on: bool
) -> None:
    done = act(server, verb, name, "--wait")
    assert done.code == 0, done.err
    assert server.writes() == {CHANGE: 1}
    assert server.schedule(name)["enabled"] is is_on
    again = act(server, verb, name)
    assert again.code == 1
    assert f"it is {'on' if is_on else 'off'} already" in again.out


def test_a_cadence_that_every_release_can_express(
    act: Callable[..., Done], server: AlteryxCli
) -> None:
    done = act(server, "set-cron", "Nightly", "30 5 * * 1-5", "--wait")
    assert done.code == 0, done.err
    assert server.schedule("Nightly")["runDateTime"].startswith("2026-01-15T05:30")
    assert "means   at 05:30, Monday through Friday (UTC)" in done.err
    assert "fires   Thu 2026-01-15 05:30Z" in done.err


def test_a_cadence_that_only_the_newest_can_express(
    act: Callable[..., Done], server: AlteryxCli, release: str
) -> None:
    done = act(server, "set-cron", "Nightly", "*/7 3-5 * * 2", "--wait")
    if release == "current":
        assert done.code == 0, done.err
        assert server.writes() == {CHANGE: 1}
    else:
        assert done.code == 1
        assert "not sent: set-cron Nightly: this release" in done.out
        assert server.writes() == {}


def test_a_new_cadence_counts_in_the_schedules_own_zone(
    act: Callable[..., Done], newest: AlteryxCli
) -> None:
    id = newest.schedule("Nightly")["id"]
    newest.call("PATCH", f"v3/schedules/{id}", {"timeZone": "America/New_York"})
    done = act(newest, "set-cron", "Nightly", "30 6 * * *", "--dry-run")
    assert done.code == 0, done.err
    assert "at 06:30 (America/New_York)" in done.err
    assert "fires   Thu 2026-01-15 11:30Z" in done.err


def test_a_schedule_is_deleted_by_one_request(act: Callable[..., Done], server: AlteryxCli) -> None:
    done = act(server, "delete", "schedule", "Paused", "--wait")
    assert done.code == 0, done.err
    assert server.writes() == {"DELETE /v3/schedules/{id}": 1}
    assert "Paused" not in {row["name"] for row in server.call("GET", "v3/schedules")}


def test_a_dry_run_prints_what_a_shell_can_send(
    act: Callable[..., Done], newest: AlteryxCli
) -> None:
    done = act(newest, "trigger", "Good", "--dry-run")
    assert done.code == 0
    assert done.out.startswith("curl --fail-with-body --request POST --url ")
    assert "qsui-demo-secret" not in done.out + done.err
    assert newest.writes() == {}


@pytest.mark.parametrize(("typed", "code"), [("env\n", 0), ("y\n", 1), ("", 1)])
def test_production_asks_for_the_profiles_name(
    qsui: Qsui, newest: AlteryxCli, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr("qsui.cli.acting.can_ask", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    done = qsui("trigger", "Good", env=newest.env)
    assert done.code == code
    assert "Production: type env to send" in done.err
    assert newest.writes() == ({RUN_NOW: 1} if code == 0 else {})


def test_a_profile_that_is_no_production_asks_yes_or_no(
    qsui: Qsui, newest: AlteryxCli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "ayx.toml"
    file.write_text(
        '[profiles.ayx]\nbackend = "alteryx"\nproduction = false\n'
        f'base_url = "{newest.server.url}"\nclient_id = "{KEY}"\n'
        'client_secret_env = "AYX_SECRET"\n'
    )
    monkeypatch.setenv("AYX_SECRET", "qsui-demo-secret")
    monkeypatch.setattr("qsui.cli.acting.can_ask", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    done = qsui("trigger", "Good", "--config", str(file))
    assert done.code == 0, done.err
    assert "Send? [y/N]" in done.err
    assert "production" not in done.err


def test_nothing_leaves_a_read_only_profile(qsui: Qsui, newest: AlteryxCli) -> None:
    id = newest.start("Good")
    before = newest.writes()
    for arguments in (
        ("trigger", "Good"),
        ("cancel", "job", id),
        ("disable", "Nightly"),
        ("set-cron", "Nightly", "0 1 * * *"),
        ("delete", "schedule", "Paused"),
    ):
        done = qsui(*arguments, "--yes", "--read-only", env=newest.env)
        assert (done.code, done.out) == (2, "")
        assert "--read-only was given" in done.err
    assert newest.writes() == before


def test_who_may_not_see_a_workflow_cannot_run_it(
    act: Callable[..., Done], server: AlteryxCli
) -> None:
    done = act(server, "trigger", server.workflow_id("Good"), key="member")
    assert (done.code, done.out) == (1, "")
    assert "There is no workflow" in done.err
    assert server.writes() == {}


def test_a_member_may_neither_run_nor_change_a_schedule_that_is_only_shared(
    act: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    shared = CollectionSeed("Shared", OWNER, (MEMBER,), schedules=("Nightly",))
    scene = small_scene(schedules=SCHEDULES, collections=(shared,))
    with alteryx_cli(monkeypatch, release, scene=scene) as server:
        run = act(server, "trigger", "Nightly", key="member")
        assert run.code == 4, run.out + run.err
        assert run.out.startswith("refused: trigger Nightly: ")
        changed = act(server, "disable", "Nightly", key="member")
        assert changed.code == 4, changed.out + changed.err
        assert changed.out == "not sent: disable Nightly: this key may not change it\n"
        assert server.schedule("Nightly")["enabled"] is True


def test_who_may_not_see_a_job_cannot_cancel_it(
    act: Callable[..., Done], newest: AlteryxCli
) -> None:
    id = newest.start("Good")
    newest.clock.pass_by(10)
    done = act(newest, "cancel", "job", id, key="sharer")
    assert (done.code, done.out) == (1, "")
    assert "does not know that job" in done.err
    assert newest.job(id)["status"] == "Running"


def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(
    qsui: Qsui, newest: AlteryxCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/{newest.workflow_id('Good')}/jobs"

    class Person:
        def readline(self) -> str:
            body = {"name": "lost-answer", "count": 1, "path": path}
            newest.server.faults.switch_on(parse_json(body))
            return "env\n"

    monkeypatch.setattr("qsui.cli.acting.can_ask", lambda: True)
    monkeypatch.setattr(sys, "stdin", Person())
    done = qsui("trigger", "Good", env=newest.env)
    assert done.code == 5, done.out + done.err
    assert done.out.startswith("unknown: trigger Good")
    assert newest.writes() == {RUN_NOW: 1}


@pytest.mark.parametrize(
    "arguments",
    [("cancel", "query", "x"), ("cancel", "run", "a/b"), ("delete", "query", "x"),
     ("delete", "template", "x")],
)  # fmt: skip
def test_records_that_only_query_service_has_are_refused(
    act: Callable[..., Done], newest: AlteryxCli, arguments: tuple[str, ...]
) -> None:
    done = act(newest, *arguments)
    assert (done.code, done.out) == (2, "")
    assert "an Alteryx Server has no " in done.err


@pytest.mark.parametrize(
    "arguments", [("rerun", "a/b", "--yes"), ("create", "query", "--sql", __file__)]
)
def test_verbs_that_only_query_service_knows_are_refused(
    qsui: Qsui, newest: AlteryxCli, arguments: tuple[str, ...]
) -> None:
    done = qsui(*arguments, env=newest.env)
    assert (done.code, done.out) == (2, "")
    assert "this verb knows Adobe Query Service only" in done.err


def test_jobs_cannot_be_cancelled_on_query_service(qsui: Qsui) -> None:
    with running_server(speed=0) as server:
        done = qsui("cancel", "job", "x", "--yes", env=server.env)
    assert (done.code, done.out) == (2, "")
    assert "Adobe Query Service has no jobs" in done.err


def test_an_id_that_is_none_is_refused(act: Callable[..., Done], newest: AlteryxCli) -> None:
    assert act(newest, "cancel", "job", "").code == 2
    assert act(newest, "trigger", "..").code == 2
    by_schedule = act(newest, "cancel", "job", "x", "--schedule", "y")
    assert by_schedule.code == 2
    assert "--schedule does not apply to jobs" in by_schedule.err
