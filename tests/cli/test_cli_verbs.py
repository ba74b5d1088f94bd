"""Verbs, options, exit codes: each failure is one sentence on stderr and the right code."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from qsui import __version__
from qsui.cli.root import VERBS
from qsui.cli.times import iso, parse_since
from qsui.domain.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.cli import Qsui

LIVE = {
    "QSUI_CLIENT_ID": "c",
    "QSUI_CLIENT_SECRET": "hush-hush",
    "QSUI_ORG_ID": "o@AdobeOrg",
    "QSUI_SANDBOX": "prod",
}
NOW = datetime(2026, 6, 4, 3, 0, tzinfo=UTC)


def test_the_version_is_cheap() -> None:
    code = (
        "import sys\nfrom qsui.cli import run\nrun(['--version'])\n"
        "heavy = ('textual', 'httpx', 'pydantic', 'rich', 'asyncio')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"qsui, version {__version__}", "[]"]


def test_the_help_names_every_verb(qsui: Qsui) -> None:
    done = qsui("--help")
    assert done.code == 0
    for verb in VERBS:
        assert re.search(rf"^  {verb} ", done.out, re.MULTILINE)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_the_common_options(qsui: Qsui, verb: str) -> None:
    text = qsui(verb, "--help").out
    for option in ("--profile", "--config", "--read-only", "--no-color", "--ascii"):
        assert option in text


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("list",), ("list", "cats"), ("show", "run"), ("list", "runs", "--limit", "0")],
)
def test_wrong_usage_is_2_with_a_hint(qsui: Qsui, arguments: tuple[str, ...]) -> None:
    done = qsui(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert "Usage: qsui" in done.err


@pytest.mark.parametrize(
    "verb", [("list", "schedules"), ("show", "query", "x"), ("config", "check")]
)
def test_without_a_profile_every_verb_says_how_to_begin(qsui: Qsui, verb: tuple[str, ...]) -> None:
    done = qsui(*verb)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("qsui: No profile is configured")
    assert "Traceback" not in done.err


def test_the_dashboard_without_a_profile_is_2(qsui: Qsui) -> None:
    assert qsui().code == 2


def test_the_dashboard_without_a_terminal_says_what_to_use(qsui: Qsui) -> None:
    done = qsui(env=LIVE)
    assert done.code == 2
    assert "needs a terminal" in done.err


def test_options_count_before_and_after_the_verb(qsui: Qsui, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(
        '[profiles.a]\nsandbox = "sa"\n'
        'org_id = "o"\nclient_id = "c"\nclient_secret_env = "S"\n'
        '[profiles.b]\nsandbox = "sb"\n'
        'org_id = "o"\nclient_id = "c"\nclient_secret_env = "S"\n'
    )
    for arguments in (
        ("--config", str(file), "--profile", "b", "config", "show"),
        ("config", "show", "--config", str(file), "--profile", "b"),
        ("--profile", "b", "config", "--config", str(file), "show", "--profile", "b"),
    ):
        done = qsui(*arguments)
        assert done.code == 0, done.err
        assert re.search(r"^sandbox +sb$", done.out, re.MULTILINE)
        assert re.search(r"^client_secret +the variable S$", done.out, re.MULTILINE)
    both = qsui("--config", str(file), "--profile", "a", "config", "show", "--profile", "b")
    assert both.code == 0, both.err
    assert re.findall(r"^sandbox +(\w+)$", both.out, re.MULTILINE) == ["sa", "sb"]


def test_config_show_hides_the_secret(qsui: Qsui) -> None:
    done = qsui("--read-only", "config", "show", env=LIVE | {"QSUI_ACCESS_TOKEN": "hush-token"})
    assert done.code == 0
    assert "hush" not in done.out + done.err
    assert re.search(r"^read_only +yes$", done.out, re.MULTILINE)


def test_nobody_there_is_3(qsui: Qsui) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        env = LIVE | {"QSUI_BASE_URL": url, "QSUI_TOKEN_URL": f"{url}/ims/token/v3"}
        done = qsui("show", "query", "x", env=env)
    assert done.code == 3
    assert done.err.startswith("qsui: ")
    assert "token_url" in done.err
    assert "Traceback" not in done.err


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(5)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        env = LIVE | {"QSUI_BASE_URL": url, "QSUI_TOKEN_URL": f"{url}/t"}
        process = subprocess.Popen(
            [sys.executable, "-m", "qsui", "show", "query", "x"],
            env={**os.environ, **env, "QSUI_CONFIG": str(tmp_path / "none")},
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(20)
        connection, _ = silent.accept()  # it is asking now
        with connection:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "qsui: interrupted"
    assert "Traceback" not in err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "qsui", "cron", "* * * * *", "-n", "1000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 0
    assert err == b""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24h", "2026-06-03T03:00:00Z"),
        ("1d12h", "2026-06-02T15:00:00Z"),
        ("90s", "2026-06-04T02:58:30Z"),
        ("2026-06-01", "2026-06-01T00:00:00Z"),
        ("2026-06-01T02:00:00+02:00", "2026-06-01T00:00:00Z"),
    ],
)
def test_since_is_a_span_or_a_time(text: str, expected: str) -> None:
    assert iso(parse_since(text, NOW)) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "24", "99999999999d", "2026-13-01"])
def test_since_refuses_what_is_neither(text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        parse_since(text, NOW)


def test_cron_says_what_it_means_and_when_it_fires(qsui: Qsui) -> None:
    done = qsui("cron", "30 2 * * 1-5", "-n", "2", "--from", "2026-06-05T12:00:00Z")
    assert done.code == 0
    lines = done.out.splitlines()
    assert "02:30" in lines[0]
    assert lines[1:] == ["Mon 2026-06-08 02:30 UTC", "Tue 2026-06-09 02:30 UTC"]
    shifted = qsui(
        "cron", "30 2 * * *", "-n", "1", "--tz", "Europe/Paris", "--from", "2026-06-05T00:00"
    )
    assert shifted.out.splitlines()[1] == "Fri 2026-06-05 04:30 CEST"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cron", "61 * * * *"), "minute"),
        (("cron", "0 0 * * * ?"), "is not a schedule"),
        (("cron", "@daily", "--tz", "Mars/Base"), "--tz 'Mars/Base' is not a time zone"),
        (("cron", "@daily", "--from", "soon"), "--from 'soon' is not a time"),
    ],
)
def test_cron_refuses_with_a_sentence(qsui: Qsui, arguments: tuple[str, ...], words: str) -> None:
    done = qsui(*arguments)
    assert done.code == 2
    assert words in done.err


@pytest.mark.parametrize(
    ("expression", "words"), [("@once", "fires once"), ("0 0 30 2 *", "never fires")]
)
def test_cron_knows_what_does_not_repeat(qsui: Qsui, expression: str, words: str) -> None:
    done = qsui("cron", expression)
    assert done.code == 0
    assert words in done.out
