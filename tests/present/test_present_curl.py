"""Curl copies: what a shell makes of them is the request, whatever the request holds."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsui.domain.ports import Outgoing
from qsui.present.curl import as_curl

URL = "https://server.test/data/foundation/query/schedules/s-1"
HEADERS = (("x-sandbox-name", "prod"), ("Content-Type", "application/json"))
HOSTILE = [
    "it's \"quoted\" and `run` $(reboot) ${HOME} $HOME !! !$ \\ \\\\ \\'",
    "*?[a-z]{1,2} ~ # & | ; < > ( )",
    "first line\nsecond line\r\n\ttabbed\n",
    "'; rm -rf / #",
    "'\"'\"'",
    "-d @/etc/passwd",
    "@/etc/passwd",
    "毎日 größe 👩\u200d👩\u200d👧 \u202eabc\u2066",
    "\\u0027 \\x27 \\047 %s %n $'\\x41'",
    "é" * 3000,
    "-",
]


ENV = {
    "PATH": "/usr/bin:/bin",
    "QSUI_ACCESS_TOKEN": "the $TOKEN 'of' \"hers\"",
    "QSUI_CLIENT_ID": "the-client",
    "HOME": "/nowhere",
}
PRINTING = "curl() { printf '%s\\0' \"$@\" END; }\n"


def ran(script: str) -> list[list[str]]:
    """Run a script in `sh`, where `curl` only prints; return the arguments of each curl."""
    done = subprocess.run(
        ["/bin/sh"],
        input=(PRINTING + script).encode(),
        env=ENV,
        cwd="/",
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    said = done.stdout.decode()
    return [part.split("\0")[:-1] for part in said.split("END\0") if part]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "bare"])
def test_a_shell_passes_on_exactly_what_is_sent(text: str, *, as_json: bool) -> None:
    body = json.dumps({"sql": text}, ensure_ascii=False) if as_json else text
    (arguments,) = ran(as_curl([Outgoing("POST", URL, body, HEADERS)]))
    assert arguments == [
        "--fail-with-body",
        "--request",
        "POST",
        "--url",
        URL,
        "--header",
        "Authorization: Bearer the $TOKEN 'of' \"hers\"",
        "--header",
        "x-api-key: the-client",
        "--header",
        "x-sandbox-name: prod",
        "--header",
        "Content-Type: application/json",
        "--data-raw",
        body,
    ]


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@settings(max_examples=25)
@given(st.lists(st.tuples(ANY_TEXT, st.text("ab'\"$`! \n\\")), min_size=1, max_size=20))
def test_any_text_is_kept_by_the_shell(texts: list[tuple[str, str]]) -> None:
    requests = [Outgoing("PATCH", URL, body, (("x", value),)) for body, value in texts]
    found = ran(as_curl(requests))
    assert [(args[-1], args[-3]) for args in found] == [(b, f"x: {v}") for b, v in texts]


def test_several_requests_are_several_commands_that_do_not_run_when_pasted() -> None:
    off = Outgoing("PATCH", URL, '{"body":[{"op":"replace"}]}', HEADERS)
    copied = as_curl([off, Outgoing("DELETE", URL, "", HEADERS[:1])])
    assert [arguments[2] for arguments in ran(copied)] == ["PATCH", "DELETE"]
    assert copied.count("\n\n") == 1
    assert not copied.endswith("\n")
    assert as_curl([]) == ""


def test_a_trigger_says_that_it_has_no_body() -> None:
    copied = as_curl([Outgoing("POST", URL + "/runs", "", HEADERS[:1])])
    assert copied.endswith("--header 'Content-Length: 0'")
    assert "--data" not in copied


def test_brackets_in_an_address_are_no_pattern() -> None:
    assert "--globoff" in as_curl([Outgoing("DELETE", "http://[::1]:8080/x")])
    assert "--globoff" not in as_curl([Outgoing("DELETE", URL)])


def test_the_token_is_a_variable_of_the_shell() -> None:
    copied = as_curl([Outgoing("DELETE", URL, "", HEADERS)])
    assert 'Authorization: Bearer $QSUI_ACCESS_TOKEN"' in copied
    assert 'x-api-key: $QSUI_CLIENT_ID"' in copied
