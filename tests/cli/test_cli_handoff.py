"""`qsui handoff`: the page for the next shift, from a server, a journal, and neither."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.cli.handoff import Handoff
from qsui.cli.handoff_text import page
from qsui.cli.handoff_words import without_secrets
from qsui.domain.journal import Deed, Entry, EntryKind
from qsui.domain.models import Kind, Ref
from tests.support.acting import ActingServer, acting_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cli import Qsui

ON, FAILING, OFF = "orders_rollup", "profile_merge", "old_backfill"
NOW = datetime(2026, 6, 4, 3, 0, tzinfo=UTC)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ActingServer]:
    with acting_server(monkeypatch) as running:
        yield running


def section(text: str, title: str) -> str:
    """What stands under a heading."""
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0].strip()


def test_the_page_tells_what_is_in_trouble_running_and_done(
    qsui: Qsui, server: ActingServer
) -> None:
    done = qsui("disable", ON, "--yes", "--wait", "--reason", "OPS-7 feed", env=server.env)
    assert done.code == 0
    body = {"dbName": "prod:all", "sql": "SELECT 1 -- hold", "name": "held_query"}
    server.post("/queries", body)
    before = server.writes()
    page = qsui("handoff", env=server.env)
    assert page.code == 0, page.err
    assert page.out.startswith("# Handoff env/prod, 2026-01-14 12:00Z\n")
    assert "Since 2026-01-14 00:00Z." in page.out
    needs = section(page.out, "Needs someone")
    assert f"**`{FAILING}`** failed" in needs
    assert "in a row" in needs
    assert "error: 42P01 Table no_such_table not found" in needs
    assert "`held_query` submitted" in section(page.out, "Running").replace("queued", "submitted")
    assert FAILING in section(page.out, "Next fires of what is in trouble")
    did = section(page.out, "Done from this machine")
    assert f"disable `{ON}` (`on` to `off`), by " in did
    assert "**done after 1s**" in did
    assert "why: OPS-7 feed" in did
    assert server.writes() == before


def test_unknown_outcomes_come_first(qsui: Qsui, server: ActingServer) -> None:
    server.fault("patch-ignored")
    assert qsui("disable", ON, "--yes", "--wait", env=server.env).code == 5
    text = qsui("handoff", env=server.env).out
    assert text.index("Outcome not known") < text.index("Needs someone")
    assert "no effect was seen" in section(text, "Outcome not known: check these first")
    assert section(text, "Done from this machine") == "nothing"


def test_since_leaves_out_what_is_older_unless_it_is_open(qsui: Qsui, server: ActingServer) -> None:
    assert qsui("disable", ON, "--yes", "--wait", env=server.env).code == 0
    assert qsui("trigger", FAILING, "--yes", env=server.env).code == 0
    server.clock.pass_by(3600)
    text = qsui("handoff", "--since", "30m", env=server.env).out
    did = section(text, "Done from this machine")
    assert ON not in did
    assert f"trigger `{FAILING}`" in did
    assert "accepted, its effect was not looked for or not seen yet" in did
    assert "now: enabled, `" in did


def test_a_delete_that_was_left_half_done_is_to_be_looked_at() -> None:
    ref = Ref("p", "s", Kind.SCHEDULE, "", "id")
    intent = Entry("1", EntryKind.INTENT, NOW, ref=ref, verb="delete", name="old_one")
    off = Entry("1", EntryKind.OUTCOME, NOW, stage="sent", step="disable", request_id="r-1")
    found = Handoff("p/s", NOW, NOW - timedelta(hours=1), (Deed(intent, off),), is_whole=True)
    assert section(page(found), "Outcome not known: check these first").splitlines() == [
        "- 2026-06-04 03:00Z delete `old_one`: **half done: it was turned off, "
        "the delete itself was not sent**",
        "  - now: no longer listed",
        "  - request id: `r-1`",
    ]


def test_an_empty_night_says_so(qsui: Qsui, server: ActingServer) -> None:
    text = qsui("handoff", env=server.env).out
    assert section(text, "Done from this machine") == "nothing"
    assert "Outcome not known" not in text


def test_without_a_server_what_was_done_is_told_and_the_code_is_3(
    qsui: Qsui, server: ActingServer
) -> None:
    assert qsui("disable", ON, "--yes", "--wait", env=server.env).code == 0
    server.fault("server-errors", "503")
    done = qsui("handoff", env=server.env)
    assert done.code == 1
    assert "The server could not be asked" in done.out
    assert ON in section(done.out, "Done from this machine")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        away = server.env | {"QSUI_BASE_URL": url, "QSUI_TOKEN_URL": f"{url}/t"}
        assert qsui("handoff", env=away).code == 3


def test_a_wrong_since_is_2(qsui: Qsui, server: ActingServer) -> None:
    done = qsui("handoff", "--since", "yesterday-ish", env=server.env)
    assert done.code == 2
    assert done.out == ""
    assert server.requests() == 0


def test_hostile_words_are_neither_markdown_nor_steering() -> None:
    ref = Ref("p", "s", Kind.SCHEDULE, "", "id")
    intent = Entry(
        "1",
        EntryKind.INTENT,
        NOW,
        ref=ref,
        actor="jd",
        verb="trigger",
        name="a`b\x1b[31m\n# Head",
        reason="see [x](javascript:1) <img src=x> password=hunter2\n## Not a heading",
    )
    lost = Entry("1", EntryKind.OUTCOME, NOW, stage="unknown", words="Bearer abc.def", status=0)
    text = page(Handoff("p/s", NOW, NOW - timedelta(hours=1), (Deed(intent, lost),)))
    assert "\x1b" not in text
    assert "hunter2" not in text
    assert "abc.def" not in text
    assert "<img" not in text.replace("\\<img", "")
    assert "[x](" not in text.replace("\\[x\\](", "")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[0].startswith("# Handoff")
    assert not [line for line in headings if "Not a heading" in line or "Head" in line[3:]][1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=abc next", "password=*** next"),
        ("client_secret: 'a b' x", "client_secret: *** x"),
        ("Authorization: Bearer eyJhbGciOi", "Authorization: Bearer ***"),
        ("token eyJhbGciOi.eyJzdWIi.sig end", "token *** end"),
        ("the token expired", "the token expired"),
        ("tokenise = x", "tokenise = x"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
