"""Acting when things go wrong: lost answers, no effect, refusals, a journal that cannot be kept."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from qsui.cli.act_results import exit_code, left_out, planned_record
from qsui.domain.actions import Action, Verb
from qsui.domain.models import Kind, Ref
from qsui.live.plans import Plan, Target
from tests.support.acting import ActingServer, acting_server
from tests.support.emulator import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.cli import Qsui

ON, FAILING, OFF = "orders_rollup", "profile_merge", "old_backfill"
TRIGGER = "POST /schedules/{id}/runs"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ActingServer]:
    with acting_server(monkeypatch) as running:
        yield running


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """A file of SQL."""
    file = tmp_path / "one.sql"
    file.write_text("SELECT 1")
    return file


def lines(folder: Path) -> list[dict[str, Any]]:
    """The journal, line by line."""
    text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_lost_answer_is_5_and_nothing_is_sent_twice(
    qsui: Qsui, server: ActingServer, sql: Path
) -> None:
    server.fault("lost-answer", count=1, path="/queries")
    done = qsui("create", "query", "--sql", str(sql), "--name", "once", "--yes", env=server.env)
    assert done.code == 5, done.out + done.err
    assert done.out.startswith("unknown: create once: ")
    assert server.writes() == {"POST /queries": 1}
    made = server.queries("once")
    assert len(made) == 1


def test_with_wait_a_lost_answer_is_resolved(qsui: Qsui, server: ActingServer, sql: Path) -> None:
    server.fault("lost-answer", count=1, path="/queries")
    done = qsui(
        *("create", "query", "--sql", str(sql), "--name", "once", "--yes", "--wait"),
        *("-o", "json"),
        env=server.env,
    )
    assert done.code == 0, done.out + done.err
    record = done.json["records"][0]
    made = server.queries("once")
    assert [query["id"] for query in made] == [record["result_id"]]
    assert "the answer was lost" in record["words"]
    assert server.writes() == {"POST /queries": 1}


def test_a_patch_without_effect_is_5_after_five_minutes(qsui: Qsui, server: ActingServer) -> None:
    server.fault("patch-ignored")
    done = qsui("disable", ON, "--yes", "--wait", env=server.env)
    assert done.code == 5
    assert done.out.startswith(f"no effect: disable {ON}: ")
    assert server.schedule(ON)["state"] == "ENABLED"
    assert sum(server.clock.slept) >= 300
    assert server.writes() == {"PATCH /schedules/{id}": 1}


def test_several_targets_end_with_the_worst_code(qsui: Qsui, server: ActingServer) -> None:
    server.fault("patch-ignored", count=1)
    done = qsui("disable", ON, FAILING, OFF, "--yes", "--wait", "-o", "json", env=server.env)
    assert done.code == 5
    assert [record["exit_code"] for record in done.json["records"]] == [5, 0, 1]


def test_refused_by_state_says_why_and_the_others_go(qsui: Qsui, server: ActingServer) -> None:
    done = qsui("trigger", OFF, ON, "--yes", env=server.env)
    assert done.code == 1
    assert done.out.splitlines() == [
        f"not sent: trigger {OFF}: it is off, the API would refuse",
        f"sent: trigger {ON}: accepted, its effect was not looked for",
    ]
    assert server.writes() == {TRIGGER: 1}


def test_all_refused_asks_nobody(qsui: Qsui, server: ActingServer) -> None:
    done = qsui("trigger", OFF, "--yes", env=server.env)
    assert done.code == 1
    assert server.writes() == {}
    assert "left out: it is off" in done.err


@pytest.mark.parametrize("code", [1, 3, 4])
def test_a_target_that_cannot_be_read_any_more_ends_with_the_code_of_that(code: int) -> None:
    ref = Ref("p", "s", Kind.SCHEDULE, "", "id")
    why = "it could not be read: away"
    target = Target(Action(Verb.DISABLE, ref, ON), None, None, refusal=why, error_code=code)
    plan = Plan((target,), "p/s", is_production=False, typed="s", undo="", done="")
    assert exit_code(left_out(plan, NOON)) == code
    assert planned_record(target, "", NOON)["exit_code"] == code


def test_an_unknown_name_keeps_the_others_from_being_sent(qsui: Qsui, server: ActingServer) -> None:
    done = qsui("disable", ON, "nightly_typo", "--yes", env=server.env)
    assert done.code == 1
    assert done.out == ""
    assert "nightly_typo" in done.err
    assert server.writes() == {}


def test_a_name_that_two_have_is_2_with_both(qsui: Qsui, server: ActingServer) -> None:
    body = {
        "query": {"dbName": "prod:all", "sql": "SELECT 1", "name": ON},
        "schedule": {"schedule": "@daily", "startDate": "2026-01-15T00:00:00Z"},
    }
    other = server.post("/schedules", body)["id"]
    before = server.writes()
    done = qsui("disable", ON, "--yes", env=server.env)
    assert done.code == 2
    assert other in done.err
    assert server.writes() == before


def test_a_target_named_twice_is_acted_on_once(qsui: Qsui, server: ActingServer) -> None:
    done = qsui("trigger", ON, server.schedule(ON)["id"], ON.upper(), "--yes", env=server.env)
    assert done.code == 0
    assert server.writes() == {TRIGGER: 1}


@pytest.mark.parametrize(
    ("fault", "code"), [(("expired-token",), 4), (("forbidden-list", "schedules"), 4)]
)
def test_not_allowed_is_4(
    qsui: Qsui, server: ActingServer, fault: tuple[str, ...], code: int
) -> None:
    server.fault(*fault)
    done = qsui("trigger", ON, "--yes", env=server.env)
    assert done.code == code
    assert server.writes() == {}


def test_nobody_there_is_3(qsui: Qsui, server: ActingServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        env = server.env | {"QSUI_BASE_URL": url, "QSUI_TOKEN_URL": f"{url}/t"}
        done = qsui("trigger", ON, "--yes", env=env)
    assert done.code == 3
    assert done.out == ""


def test_a_second_trigger_must_be_argued_with(qsui: Qsui, server: ActingServer) -> None:
    assert qsui("trigger", ON, "--yes", env=server.env).code == 0
    again = qsui("trigger", ON, "--yes", env=server.env)
    assert again.code == 2, again.out + again.err
    assert "--reason" in again.err
    assert "no run seen yet" in again.err
    assert server.writes() == {TRIGGER: 1}
    argued = qsui(
        "trigger", ON, "--yes", "--reason", "the first was for another day", env=server.env
    )
    assert argued.code == 0, argued.err
    assert server.writes() == {TRIGGER: 2}


def test_once_the_run_was_seen_nothing_needs_to_be_argued(
    qsui: Qsui, server: ActingServer, state_folder: Path
) -> None:
    assert qsui("trigger", ON, "--yes", env=server.env).code == 0
    server.clock.pass_by(120)
    again = qsui("trigger", ON, "--yes", env=server.env)
    assert again.code == 0, again.err
    assert server.writes() == {TRIGGER: 2}
    first = lines(state_folder)[0]["id"]
    effects = [line for line in lines(state_folder) if line["kind"] == "effect"]
    assert [(line["id"], line["stage"]) for line in effects] == [(first, "done")]


def test_what_a_living_dashboard_follows_must_be_argued_with_too(
    qsui: Qsui, server: ActingServer, state_folder: Path
) -> None:
    assert qsui("trigger", ON, "--yes", env=server.env).code == 0
    file = state_folder / "journal.jsonl"
    told = [line | {"pid": os.getppid()} if "pid" in line else line for line in lines(state_folder)]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in told), encoding="utf-8")
    server.clock.pass_by(120)
    again = qsui("trigger", ON, "--yes", env=server.env)
    assert again.code == 2, again.err
    assert "triggered it at 12:00Z, no run seen yet" in again.err
    assert server.writes() == {TRIGGER: 1}
    assert qsui("disable", ON, "--yes", env=server.env).code == 0


def no_folder(folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True, parents=True)
    folder.write_text("a file in its place")


def a_directory(folder: Path) -> None:
    (folder / "journal.jsonl").mkdir(parents=True)


@pytest.mark.parametrize("trouble", [no_folder, a_directory])
def test_without_a_journal_a_cancel_is_possible_and_never_hidden(
    qsui: Qsui, server: ActingServer, state_folder: Path, trouble: Callable[[Path], None]
) -> None:
    trouble(state_folder)
    body = {"dbName": "prod:all", "sql": "SELECT 1 -- hold", "name": "held"}
    id = server.post("/queries", body)["id"]
    done = qsui("cancel", "query", id, "--yes", env=server.env)
    assert done.code == 2
    assert "--no-journal" in done.err
    assert "PATCH /queries/{id}" not in server.writes()
    done = qsui("cancel", "query", id, "--yes", "--no-journal", "--wait", env=server.env)
    assert done.code == 0, done.out + done.err
    assert server.writes()["PATCH /queries/{id}"] == 1


def test_the_journal_tells_who_why_and_what_came_of_it(
    qsui: Qsui, server: ActingServer, state_folder: Path
) -> None:
    done = qsui("disable", ON, "--yes", "--wait", "--reason", "OPS-7", env=server.env)
    assert done.code == 0
    intent, outcome, effect = lines(state_folder)
    assert (intent["verb"], intent["reason"]) == ("disable", "OPS-7")
    assert intent["actor"]
    assert (outcome["stage"], outcome["status"]) == ("sent", 202)
    assert effect["stage"] == "done"
    assert server.env["QSUI_CLIENT_SECRET"] not in (state_folder / "journal.jsonl").read_text()


def test_no_journal_leaves_no_line(qsui: Qsui, server: ActingServer, state_folder: Path) -> None:
    assert qsui("disable", ON, "--yes", "--no-journal", env=server.env).code == 0
    assert not (state_folder / "journal.jsonl").exists()


def test_hostile_names_and_errors_reach_no_terminal_as_they_came(
    qsui: Qsui, server: ActingServer
) -> None:
    name = "\x1b]52;c;aGk=\x07[bold]ev\u202eil\nname"
    body = {
        "query": {"dbName": "prod:all", "sql": "SELECT 1", "name": name},
        "schedule": {"schedule": "@daily", "startDate": "2026-01-15T00:00:00Z"},
    }
    id = server.post("/schedules", body)["id"]
    done = qsui("trigger", id, "--yes", env=server.env)
    for text in (done.out, done.err):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert len(done.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("to", "names", "code"),
    [("closed", (ON,), 0), ("closed", (ON, OFF), 1), ("/dev/full", (ON,), 1)],
)
def test_a_reader_that_has_gone_does_not_change_what_was_done(
    server: ActingServer, to: str, names: tuple[str, ...], code: int
) -> None:
    command = [sys.executable, "-m", "qsui", "disable", *names, "--yes"]
    if to == "closed":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(to, os.O_WRONLY)
    try:
        done = subprocess.run(
            command,
            env=os.environ | server.env,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert server.schedule(ON)["state"] == "DISABLED"
