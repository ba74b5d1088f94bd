"""Several live profiles on the command line: both kinds of server at once, and one that fails."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from qsui.emulator.faults import parse_json
from tests.support.acting import ServerClock
from tests.support.alteryx import KEY, running_alteryx, small_scene
from tests.support.alteryx_cli import SCHEDULES, AlteryxCli
from tests.support.emulator import NOON, ORG_ID, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.alteryx import RunningAlteryx
    from tests.support.cli import Done, Qsui
    from tests.support.emulator import RunningServer

BOTH = ("--profile", "prod", "--profile", "ayx")
NAMES = ("orders_rollup", "profile_merge", "old_backfill")


@dataclass
class Pair:
    """A Query Service as `prod`, an Alteryx Server as `ayx`, and a call of `qsui` on both."""

    service: RunningServer
    server: RunningAlteryx
    clock: ServerClock
    qsui: Qsui
    file: Path

    def __call__(self, *arguments: str) -> Done:
        return self.qsui(*BOTH, *arguments)

    @property
    def ayx(self) -> AlteryxCli:
        return AlteryxCli(self.server, ServerClock(self.server, NOON))

    def edit(self, old: str, new: str) -> None:
        """Change the settings."""
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))


@pytest.fixture
def pair(qsui: Qsui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setenv("QSUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("BOTH_SECRETS", "qsui-demo-secret")
    scene = small_scene(schedules=SCHEDULES)
    with (
        running_server(speed=0, now=NOON) as service,
        running_alteryx(scene, speed=0, now=NOON) as server,
    ):
        clock = ServerClock(service, NOON)
        monkeypatch.setattr("qsui.cli.clocks.SystemClock", lambda: clock)
        file = tmp_path / "config.toml"
        file.write_text(
            f'[profiles.prod]\nbase_url = "{service.url}"\n'
            f'token_url = "{service.url}/ims/token/v3"\norg_id = "{ORG_ID}"\n'
            f'client_id = "{KEY}"\nclient_secret_env = "BOTH_SECRETS"\nsandbox = "prod"\n'
            f'[profiles.ayx]\nbackend = "alteryx"\nbase_url = "{server.url}"\n'
            f'client_id = "{KEY}"\nclient_secret_env = "BOTH_SECRETS"\n'
        )
        yield Pair(service, server, clock, qsui, file)


def dead_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_list_of_what_both_have_names_the_profile_of_each_record(pair: Pair) -> None:
    done = pair("list", "schedules", "-o", "json")
    assert done.code == 0, done.err
    records = done.json["records"]
    assert [r["name"] for r in records if r["profile"] == "prod"] == sorted(
        NAMES, key=[r["name"] for r in records].index
    )
    assert {r["name"] for r in records if r["profile"] == "ayx"} == {
        "Nightly", "Third Tuesday", "Paused",
    }  # fmt: skip
    assert done.json["complete"]
    assert [r["profile"] for r in records] == ["prod"] * 3 + ["ayx"] * 3
    assert "qsui: prod: " in done.err
    assert "qsui: ayx: " in done.err


def test_the_table_has_a_column_for_the_profile_only_if_there_are_several(pair: Pair) -> None:
    several = pair("list", "schedules").out.splitlines()
    assert several[0].split()[:2] == ["PROFILE", "STATE"]
    assert sorted(line.split()[0] for line in several[1:]) == ["ayx"] * 3 + ["prod"] * 3
    alone = pair.qsui("--profile", "ayx", "list", "schedules").out
    assert alone.split()[0] == "STATE"
    of_one_kind = pair("list", "templates").out
    assert of_one_kind.split()[0] == "NAME"


def test_a_kind_that_one_has_is_read_from_that_one_only(pair: Pair) -> None:
    job = pair.ayx.start("Good")
    done = pair("list", "jobs", "-o", "jsonl")
    assert done.code == 0, done.err
    records = [json.loads(line) for line in done.out.splitlines()]
    assert job in {record["id"] for record in records}
    assert {record["profile"] for record in records} == {"ayx"}
    runs = pair("list", "runs", "--schedule", NAMES[0], "-o", "json")
    assert runs.code == 0, runs.err
    assert {record["profile"] for record in runs.json["records"]} == {"prod"}


def test_default_profiles_of_the_file_are_several_too(pair: Pair) -> None:
    pair.edit("[profiles.prod]", 'default_profiles = ["ayx", "prod"]\n[profiles.prod]')
    done = pair.qsui("list", "schedules", "-o", "json")
    assert [r["profile"] for r in done.json["records"]] == ["ayx"] * 3 + ["prod"] * 3


def test_one_that_is_away_leaves_the_others_rows_and_its_code(pair: Pair) -> None:
    pair.edit(pair.server.url, f"http://127.0.0.1:{dead_port()}")
    done = pair("list", "schedules", "-o", "json")
    assert done.code == 3
    assert {record["profile"] for record in done.json["records"]} == {"prod"}
    assert not done.json["complete"]
    assert "qsui: ayx: " in done.err


def test_one_whose_login_is_refused_leaves_the_others_rows_and_its_code(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "another-secret")
    head, _, tail = pair.file.read_text().partition("[profiles.ayx]")
    pair.file.write_text(head.replace("BOTH_SECRETS", "WRONG") + "[profiles.ayx]" + tail)
    done = pair("list", "schedules", "-o", "csv")
    assert done.code == 4
    assert done.out.count("Nightly") == 1
    assert NAMES[0] not in done.out
    assert "qsui: prod: " in done.err
    monkeypatch.delenv("WRONG")
    unset = pair("list", "schedules", "-o", "csv")
    assert unset.code == 2
    assert "Nightly" in unset.out
    assert "client_secret_env names WRONG, which is unset" in unset.err


def test_if_all_fail_nothing_is_printed_and_the_highest_code_counts(pair: Pair) -> None:
    pair.edit(pair.server.url, f"http://127.0.0.1:{dead_port()}")
    pair.service.faults.switch_on(parse_json({"name": "forbidden-list"}))
    done = pair("list", "schedules", "-o", "json")
    assert (done.code, done.out) == (4, "")
    assert "qsui: prod: " in done.err
    assert "qsui: ayx: " in done.err


def test_nonsense_is_refused_once(pair: Pair) -> None:
    done = pair("list", "schedules", "--where", "stat:failed")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("--where") == 1
    since = pair("list", "schedules", "--since", "perhaps")
    assert (since.code, since.out) == (2, "")
    assert since.err.count("is not a time") == 1


def test_a_workflow_narrows_the_list_to_servers_that_have_some(pair: Pair) -> None:
    done = pair("list", "schedules", "--workflow", "Good", "-o", "json")
    assert [record["name"] for record in done.json["records"]] == ["Nightly"]
    wrong = pair("list", "queries", "--workflow", "Good")
    assert wrong.code == 2
    assert "--workflow does not apply to queries" in wrong.err


def test_a_workflow_that_one_of_two_servers_has_is_no_failure_of_the_other(pair: Pair) -> None:
    other = small_scene(workflows=small_scene().workflows[1:], collections=())
    with running_alteryx(other, speed=0, now=NOON) as server:
        text = pair.file.read_text()
        copied = text[text.index("[profiles.ayx]") :].replace("ayx", "second")
        pair.file.write_text(text + copied.replace(pair.server.url, server.url))
        names = ("--profile", "second", "--profile", "ayx")
        done = pair.qsui(*names, "list", "schedules", "--workflow", "Good", "-o", "json")
        assert done.code == 0, done.err
        assert [record["profile"] for record in done.json["records"]] == ["ayx"]
        nobody = pair.qsui(*names, "list", "schedules", "--workflow", "Nothing", "-o", "json")
        assert (nobody.code, nobody.out) == (1, "")
        assert nobody.err.count("There is no workflow") == 2


def test_what_only_one_can_have_is_shown_from_there(pair: Pair) -> None:
    job = pair.ayx.start("Good")
    shown = pair("show", "job", job, "-o", "json")
    assert shown.code == 0, shown.err
    assert shown.json["record"]["profile"] == "ayx"
    twice = pair("show", "schedule", NAMES[0])
    assert (twice.code, twice.out) == (2, "")
    assert "several live profiles have schedules (prod, ayx)" in twice.err
    assert "--profile prod" in twice.err
    alone = pair.qsui("--profile", "prod", "show", "schedule", NAMES[0], "-o", "json")
    assert alone.json["record"]["name"] == NAMES[0]


@pytest.mark.parametrize(
    "arguments",
    [("trigger", "Good"), ("disable", "Nightly"), ("set-cron", "Nightly", "@daily"),
     ("delete", "schedule", "Nightly")],
)  # fmt: skip
def test_a_change_of_what_both_have_must_name_the_profile(
    pair: Pair, arguments: tuple[str, ...]
) -> None:
    done = pair(*arguments, "--yes")
    assert (done.code, done.out) == (2, "")
    assert "several live profiles have schedules (prod, ayx)" in done.err
    assert pair.ayx.writes() == {}


def test_a_change_of_what_only_one_has_goes_there(pair: Pair) -> None:
    job = pair.ayx.start("Good")
    done = pair("cancel", "job", job, "--yes")
    assert done.code == 0, done.err
    dry = pair("create", "query", "--sql", str(pair.file), "--dry-run")
    assert dry.code == 0, dry.err
    assert pair.service.url in dry.out
    only_servers = pair.qsui("--profile", "ayx", "rerun", "a/b", "--yes")
    assert (only_servers.code, only_servers.out) == (2, "")
    assert "this verb knows Adobe Query Service only" in only_servers.err


def test_the_read_only_profile_is_the_only_one_that_refuses(pair: Pair) -> None:
    pair.edit('backend = "alteryx"', 'backend = "alteryx"\nread_only = true')
    job = pair.ayx.start("Good")
    refused = pair("cancel", "job", job, "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "nothing was sent; read-only: read_only = true in [profiles.ayx]" in refused.err
    made = pair("create", "query", "--sql", str(pair.file), "--dry-run")
    assert made.code == 0, made.err


def test_settings_and_checks_are_those_of_every_profile(pair: Pair) -> None:
    shown = pair("config", "show")
    assert shown.code == 0
    first, second = shown.out.split("\n\n")
    assert "sandbox           prod" in first
    assert second.splitlines()[0].split()[:2] == ["profile", "ayx"]
    assert "sandbox" not in second
    checked = pair("config", "check")
    assert checked.code == 0, checked.out
    assert checked.out.startswith("prod: ")
    assert "\nayx: " in checked.out
    pair.edit(pair.service.url, f"http://127.0.0.1:{dead_port()}")
    away = pair("config", "check")
    assert away.code == 3
    assert "all jobs" in away.out


def test_a_fault_in_the_second_profile_is_told_before_anything_is_read(pair: Pair) -> None:
    pair.edit('backend = "alteryx"', 'backend = "alteryx"\nsandbox = "prod"')
    done = pair("list", "templates")
    assert (done.code, done.out) == (2, "")
    assert "[profiles.ayx]: sandbox does not belong to an Alteryx Server" in done.err


def test_the_handoff_has_a_part_for_each(pair: Pair) -> None:
    bad = pair.ayx.start("Bad")
    AlteryxCli(pair.server, ServerClock(pair.server, NOON)).clock.pass_by(200)
    pair.clock.pass_by(200)
    running, waiting = pair.ayx.start("Good"), pair.ayx.start("Warns")
    job = pair.ayx.start("Good")
    assert pair("cancel", "job", job, "--yes", "--reason", "OPS-9").code == 0
    done = pair("handoff")
    assert done.code == 0, done.err
    service, server = done.out.split("\n# Handoff ayx, ")
    assert service.startswith("# Handoff prod/prod, ")
    assert f"**`{NAMES[1]}`** failed" in service
    assert "OPS-9" not in service
    needs, rest = server.split("## Running")
    assert "**`Third Tuesday`** failed" in needs
    assert f"job: `{bad}`" in needs
    assert "error: tool 7 " in needs
    assert "no_such_table" in needs
    now_running = rest.split("## ")[0]
    assert running in now_running
    assert "`Warns` queued, waits since 2026-01-14 12:03Z" in now_running
    assert waiting in now_running
    assert "cancel `Good`" in rest
    assert "why: OPS-9" in rest


def test_a_shift_that_is_no_time_is_refused_once(pair: Pair) -> None:
    done = pair("handoff", "--since", "perhaps")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("is not a time") == 1


def test_the_handoff_tells_of_a_server_that_is_away_and_what_was_done_there(pair: Pair) -> None:
    assert pair("cancel", "job", pair.ayx.start("Good"), "--yes").code == 0
    pair.server.faults.switch_on(parse_json({"name": "reset"}))
    done = pair("handoff")
    assert done.code == 3
    service, server = done.out.split("\n# Handoff ayx, ")
    assert "## Needs someone" in service
    assert "## The server could not be asked" in server
    assert "cancel `Good`" in server
    assert "qsui: ayx: " in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("prod", "trigger", NAMES[0]), "cancel the new run while it runs: qsui cancel run"),
        (("ayx", "trigger", "Good"), "cancel the new job until it ends: qsui cancel job"),
        (("ayx", "disable", "Nightly"), "in the dashboard, u turns it on again"),
        (("ayx", "disable", "Nightly", "--no-journal"), "none, since nothing is recorded"),
        (("prod", "delete", "schedule", NAMES[2]), "none: it would have to be created anew"),
    ],
)
def test_the_preview_says_how_it_is_put_back_without_keys_that_are_not_there(
    pair: Pair, arguments: tuple[str, ...], words: str
) -> None:
    done = pair.qsui("--profile", *arguments, "--yes")
    assert done.code == 0, done.err
    assert f"  undo    {words}" in done.err
    assert "(u)" not in done.err
