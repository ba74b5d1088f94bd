"""Verbs that act: the one request each sends, what is there afterwards, what is printed."""

from __future__ import annotations

import base64
import io
import json
import sys
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.acting import ActingServer, acting_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cli import Done, Qsui

ON, FAILING, OFF = "orders_rollup", "profile_merge", "old_backfill"
PATCH_SCHEDULE = "PATCH /schedules/{id}"
TRIGGER = "POST /schedules/{id}/runs"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ActingServer]:
    with acting_server(monkeypatch) as running:
        yield running


@pytest.fixture
def act(qsui: Qsui, server: ActingServer) -> Qsui:
    """`qsui` with `--yes` on that server."""

    def call(*arguments: str, env: dict[str, str] | None = None) -> Done:
        return qsui(*arguments, "--yes", env=server.env | (env or {}))

    return call


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, qsui: Qsui, server: ActingServer) -> Qsui:
    """`qsui` at a terminal, the first argument being what a person types."""

    def call(*arguments: str, env: dict[str, str] | None = None) -> Done:
        lines, *rest = arguments
        monkeypatch.setattr("qsui.cli.acting.can_ask", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        return qsui(*rest, env=server.env | (env or {}))

    return call


def active_query(server: ActingServer) -> str:
    """Submit a query that runs until it is cancelled; its id."""
    body = {"dbName": "prod:all", "sql": "SELECT 1 -- hold", "name": "held"}
    id: str = server.post("/queries", body)["id"]
    return id


def test_a_trigger_is_one_post_and_is_done_when_its_run_is_seen(
    act: Qsui, server: ActingServer
) -> None:
    done = act("trigger", ON, "--wait", "--reason", "after the fix")
    assert done.code == 0, done.err
    assert server.writes() == {TRIGGER: 1}
    made = [run for run in server.runs(ON) if run["externalTrigger"] == "true"]
    assert len(made) == 1
    assert done.out.startswith("done after ")
    assert done.out.rstrip().endswith(f"s: trigger {ON}, run {made[0]['id']}")
    assert "a production sandbox" in done.err
    assert "reason  after the fix" in done.err


def test_without_wait_it_is_accepted_and_no_more_is_said(act: Qsui, server: ActingServer) -> None:
    done = act("trigger", ON)
    assert done.code == 0
    assert done.out == f"sent: trigger {ON}: accepted, its effect was not looked for\n"
    assert server.writes() == {TRIGGER: 1}


@pytest.mark.parametrize(
    ("verb", "name", "state"), [("disable", ON, "DISABLED"), ("enable", OFF, "ENABLED")]
)
def test_on_and_off_are_one_patch_each(
    act: Qsui, server: ActingServer, verb: str, name: str, state: str
) -> None:
    done = act(verb, server.schedule(name)["id"], "--wait")
    assert done.code == 0, done.err
    assert server.writes() == {PATCH_SCHEDULE: 1}
    assert server.schedule(name)["state"] == state
    assert done.out == f"done after 1 s: {verb} {name}\n"


def test_a_new_cadence_is_explained_sent_and_read_back(act: Qsui, server: ActingServer) -> None:
    done = act("set-cron", ON, " 30  */6 * * *", "--wait")
    assert done.code == 0, done.err
    assert server.schedule(ON)["schedule"]["schedule"] == "30 */6 * * *"
    assert "0 * * * * -> 30 */6 * * *" in done.err
    assert "fires   Wed 2026-01-14 12:30Z, Wed 2026-01-14 18:30Z, Thu 2026-01-15 00:30Z" in done.err


@pytest.mark.parametrize("expression", ["61 * * * *", "0 0 12 * * ?"])
def test_a_wrong_cron_is_refused_before_anything_is_read(
    act: Qsui, server: ActingServer, expression: str
) -> None:
    done = act("set-cron", ON, expression)
    assert done.code == 2
    assert "is not a schedule" in done.err
    assert server.requests() == 0


def test_deleting_a_schedule_that_is_off_is_one_call(act: Qsui, server: ActingServer) -> None:
    done = act("delete", "schedule", OFF, "--wait")
    assert done.code == 0, done.err
    assert server.writes() == {"DELETE /schedules/{id}": 1}
    assert OFF not in server.names()


def test_deleting_one_that_is_on_turns_it_off_first_and_is_always_waited_for(
    act: Qsui, server: ActingServer
) -> None:
    done = act("delete", "schedule", FAILING)
    assert done.code == 0, done.out + done.err
    assert server.writes() == {PATCH_SCHEDULE: 1, "DELETE /schedules/{id}": 1}
    assert FAILING not in server.names()
    assert done.out.startswith("done after ")


def test_a_query_is_cancelled_and_deleted(act: Qsui, server: ActingServer) -> None:
    id = active_query(server)
    before = server.writes()
    early = act("delete", "query", id)
    assert early.code == 1
    assert "cancel it first" in early.out
    assert server.writes() == before
    done = act("cancel", "query", id, "--wait")
    assert done.code == 0, done.err
    assert server.get(f"/queries/{id}")["state"] not in ("SUBMITTED", "IN_PROGRESS")
    gone = act("delete", "query", id, "--wait")
    assert gone.code == 0, gone.out + gone.err
    assert server.writes()["PATCH /queries/{id}"] == 2


def test_a_run_is_cancelled_by_its_schedule_and_either_id(act: Qsui, server: ActingServer) -> None:
    assert act("trigger", ON, "--wait").code == 0
    run = next(run for run in server.runs(ON) if run["externalTrigger"] == "true")
    plain_id = base64.b64decode(run["id"]).decode()
    dry = act("cancel", "run", f"{ON}/{plain_id}", "--dry-run")
    assert dry.code == 0, dry.err
    assert run["id"] in urllib.parse.unquote(dry.out)
    done = act("cancel", "run", run["id"], "--schedule", ON, "--wait")
    assert done.code == 0, done.out + done.err
    assert sum(server.writes().values()) == 2


def test_a_run_id_alone_does_not_say_whose_it_is(act: Qsui, server: ActingServer) -> None:
    done = act("cancel", "run", server.runs(ON)[0]["id"])
    assert done.code == 2
    assert "add --schedule" in done.err
    assert server.writes() == {}


def test_a_template_is_deleted(act: Qsui, server: ActingServer) -> None:
    made = server.post("/query-templates", {"name": "old", "sql": "SELECT 1"})
    done = act("delete", "template", made["id"], "--wait")
    assert done.code == 0, done.out + done.err
    assert server.writes()["DELETE /query-templates/{id}"] == 1


def test_a_query_is_created_from_a_file(act: Qsui, server: ActingServer, tmp_path: Path) -> None:
    file = tmp_path / "count.sql"
    file.write_text("SELECT '$day', count(*)\n  FROM orders -- $x é\n", encoding="utf-8")
    done = act(
        *("create", "query", "--sql", str(file), "--name", "count", "--param", "day=2026-01-14=x"),
        *("--description", "by hand", "--insert-into", "counts", "--wait", "-o", "json"),
    )
    assert done.code == 0, done.out + done.err
    record = done.json["records"][0]
    made = server.get(f"/queries/{record['result_id']}")
    body = json.loads(record["requests"][0]["body"])
    assert body["sql"] == "SELECT '$day', count(*)\n  FROM orders -- $x é"
    assert body["queryParameters"] == {"day": "2026-01-14=x"}
    assert body["insertIntoParameters"] == {"datasetName": "counts"}
    assert made["request"]["name"] == "count"
    assert server.writes() == {"POST /queries": 1}


def test_the_id_of_what_is_created_is_told_at_once(
    act: Qsui, server: ActingServer, tmp_path: Path
) -> None:
    file = tmp_path / "one.sql"
    file.write_text("SELECT 1")
    done = act("create", "query", "--sql", str(file), "--name", "one", "-o", "json")
    assert done.json["records"][0]["stage"] == "sent"
    assert done.json["records"][0]["result_id"] == server.queries("one")[0]["id"]


def test_a_schedule_is_created_from_standard_input_and_waited_for_until_it_is_on(
    act: Qsui, server: ActingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"SELECT 1"))
    monkeypatch.setattr(sys, "stdin", stdin)
    done = act(
        *("create", "schedule", "--sql", "-", "--name", "nightly", "--cron", "0 2 * * *"),
        *("--start", "2026-01-15", "--end", "2027-01-15T00:00Z", "--max-active", "2", "--wait"),
    )
    assert done.code == 0, done.out + done.err
    made = server.schedule("nightly")
    assert made["state"] == "ENABLED"
    assert made["schedule"]["maxActiveRuns"] == 2
    assert made["schedule"]["startDate"].startswith("2026-01-15T00:00:00")
    assert "cannot: delete it and create it anew" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "query"), "--sql: Give the SQL"),
        (("create", "query", "--template", "t", "--cron", "@daily"), "--cron does not apply"),
        (("create", "query", "--template", "t", "--param", "day"), "is not NAME=VALUE"),
        (("create", "query", "--template", "t", "--param", "$a=1"), "--param: '$a'"),
        (("create", "query", "--sql", "/nowhere/x.sql"), "cannot be read"),
        (("create", "schedule", "--template", "t", "--cron", "@daily"), "--start: The API wants"),
        (("create", "schedule", "--template", "t", "--start", "soon"), "is not a time"),
        (("create", "schedule", "--template", "t", "--start", "now"), "--cron: "),
        (("trigger", ""), "is no id"),
        (("cancel", "query", "x", "--schedule", "y"), "--schedule does not apply"),
    ],
)
def test_what_cannot_be_sent_is_said_before_anything_is_asked(
    act: Qsui, server: ActingServer, arguments: tuple[str, ...], words: str
) -> None:
    done = act(*arguments)
    assert done.code == 2
    assert words in " ".join(done.err.split())
    assert server.requests() == 0


def test_a_failed_run_is_run_again_as_a_query_with_its_own_sql(
    act: Qsui, server: ActingServer
) -> None:
    run = next(run for run in server.runs(FAILING) if run["state"] == "FAILED")
    done = act("rerun", f"{FAILING}/{run['id']}", "--wait", "-o", "json")
    assert done.code == 0, done.out + done.err
    assert server.writes() == {"POST /queries": 1}
    made = server.get(f"/queries/{done.json['records'][0]['result_id']}")
    assert made["request"]["sql"] == "SELECT * FROM no_such_table"


def plain(server: ActingServer) -> list[tuple[str, ...]]:
    """One call of each verb that would send something."""
    id = active_query(server)
    run = next(run for run in server.runs(FAILING) if run["state"] == "FAILED")["id"]
    template = server.post("/query-templates", {"name": "t", "sql": "SELECT 1"})["id"]
    of_template = ("--template", template)
    return [
        ("trigger", ON),
        ("enable", OFF),
        ("disable", ON),
        ("set-cron", ON, "@daily"),
        ("delete", "schedule", ON),
        ("delete", "template", template),
        ("cancel", "query", id),
        ("rerun", run, "--schedule", FAILING),
        ("create", "query", *of_template),
        ("create", "schedule", *of_template, "--cron", "@daily", "--start", "now"),
    ]


def test_a_dry_run_prints_the_requests_and_sends_none(
    qsui: Qsui, server: ActingServer, state_folder: Path
) -> None:
    calls = plain(server)
    before = server.writes()
    for arguments in calls:
        done = qsui(*arguments, "--dry-run", env=server.env)
        assert done.code == 0, (arguments, done.err)
        assert done.out.startswith("curl "), arguments
        assert "Bearer $QSUI_ACCESS_TOKEN" in done.out
        assert server.env["QSUI_CLIENT_SECRET"] not in done.out + done.err
    assert server.writes() == before
    journal = state_folder / "journal.jsonl"
    assert not journal.exists() or journal.read_bytes() == b""
    refused = qsui("enable", ON, "--dry-run", "-o", "json", env=server.env)
    assert refused.code == 1
    record = refused.json["records"][0]
    assert (record["stage"], record["words"]) == ("not sent", "it is on already")
    assert record["requests"] == []


@pytest.mark.parametrize("way", ["flag", "variable", "settings"])
def test_read_only_is_refused_before_anything_leaves(
    qsui: Qsui, server: ActingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    calls = plain(server)
    before = server.requests()
    more: tuple[str, ...] = ()
    env, words = dict(server.env), "--read-only was given"
    if way == "flag":
        more = ("--read-only",)
    elif way == "variable":
        env["QSUI_READ_ONLY"], words = "1", "QSUI_READ_ONLY is set"
    else:
        monkeypatch.setenv("SECRET_OF_TEST", env["QSUI_CLIENT_SECRET"])
        (tmp_path / "config.toml").write_text(
            f'[profiles.p]\nread_only = true\nbase_url = "{env["QSUI_BASE_URL"]}"\n'
            f'token_url = "{env["QSUI_TOKEN_URL"]}"\norg_id = "{env["QSUI_ORG_ID"]}"\n'
            f'client_id = "c"\nclient_secret_env = "SECRET_OF_TEST"\nsandbox = "prod"\n'
        )
        env, words = {}, "read_only = true in [profiles.p]"
    for arguments in calls:
        done = qsui(*arguments, "--yes", *more, env=env)
        assert done.code == 2
        assert done.out == ""
        assert done.err == f"qsui: nothing was sent; read-only: {words}\n"
    assert server.requests() == before


def test_without_a_terminal_and_without_yes_nothing_is_sent(
    qsui: Qsui, server: ActingServer
) -> None:
    done = qsui("trigger", ON, env=server.env)
    assert done.code == 2
    assert "--yes" in done.err
    assert server.requests() == 0


@pytest.mark.parametrize("answer", ["", "\n", "y\n", "yes\n", "PROD\n", "env/prod\n"])
def test_production_wants_the_sandbox_typed(typed: Qsui, server: ActingServer, answer: str) -> None:
    done = typed(answer, "disable", ON)
    assert done.code == 1
    assert "type prod to send" in done.err
    assert "Nothing was sent." in done.err
    assert server.writes() == {}
    assert typed("prod\n", "disable", ON).code == 0
    assert server.writes() == {PATCH_SCHEDULE: 1}


@pytest.mark.parametrize(("answer", "sent"), [("", 0), ("\n", 0), ("n\n", 0), ("Y\n", 1)])
def test_elsewhere_yes_is_enough_and_no_is_the_default(
    typed: Qsui, server: ActingServer, answer: str, sent: int
) -> None:
    dev = {"QSUI_SANDBOX": "dev"}
    body = {"dbName": "dev:all", "sql": "SELECT 1 -- hold", "name": "held"}
    id = server.post("/queries", body, sandbox="dev")["id"]
    before = server.writes().get("PATCH /queries/{id}", 0)
    done = typed(answer, "cancel", "query", id, env=dev)
    assert done.code == (0 if sent else 1), done.err
    assert "Send? [y/N]" in done.err
    assert server.writes().get("PATCH /queries/{id}", 0) == before + sent


def test_a_second_trigger_is_asked_about(typed: Qsui, server: ActingServer) -> None:
    assert typed("prod\n", "trigger", ON).code == 0
    assert typed("\nprod\n", "trigger", ON).code == 1
    assert server.writes() == {TRIGGER: 1}
    done = typed("the first was for another day\nprod\n", "trigger", ON, "-o", "json")
    assert done.code == 0, done.err
    assert done.json["records"][0]["reason"] == "the first was for another day"
    assert server.writes() == {TRIGGER: 2}


def test_without_a_journal_it_is_asked_twice(
    typed: Qsui, server: ActingServer, state_folder: Path
) -> None:
    state_folder.write_text("a file in its place")
    assert typed("n\nprod\n", "disable", ON).code == 1
    assert typed("y\nno\n", "disable", ON).code == 1
    assert server.writes() == {}
    done = typed("y\nprod\n", "disable", ON)
    assert done.code == 0, done.err
    assert "Go on without a record" in done.err
    assert done.out.rstrip().endswith("(not in the journal)")
    assert server.writes() == {PATCH_SCHEDULE: 1}


def test_json_carries_every_key(act: Qsui, server: ActingServer) -> None:
    done = act("disable", ON, OFF, "-o", "json", "--reason", "OPS-1", "--wait")
    assert done.code == 1
    answer: dict[str, Any] = done.json
    assert (answer["qsui"], answer["kind"]) == (1, "actions")
    assert answer["as_of"] == "2026-01-14T12:00:31Z"
    first, second = answer["records"]
    assert list(first) == list(second)
    assert first | {"requests": None, "request_id": None, "journal_id": None} == {
        "verb": "disable",
        "kind": "schedule",
        "target": server.schedule(ON)["id"],
        "schedule_id": None,
        "name": ON,
        "reason": "OPS-1",
        "before": "on",
        "after": "off",
        "warnings": [],
        "requests": None,
        "stage": "done",
        "status": 202,
        "request_id": None,
        "result_id": None,
        "sent_at": "2026-01-14T12:00:30Z",
        "seen_at": "2026-01-14T12:00:31Z",
        "took_s": 1,
        "words": "seen after 1 s",
        "journal_id": None,
        "exit_code": 0,
    }
    assert first["request_id"]
    assert first["journal_id"]
    assert (second["stage"], second["exit_code"]) == ("not sent", 1)
