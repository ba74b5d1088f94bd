"""SQL in an editor of one's choice: what comes back, what goes wrong, and the terminal after it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from qsui.domain.drafts import QueryDraft
from qsui.domain.models import Kind
from qsui.tui.external_editor import edit, editor_command, editor_name
from qsui.tui.screens.new import NewScreen
from qsui.tui.screens.new_parts import SqlArea
from tests.support.acting_plays import Acted, play
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]


def editor(folder: Path, body: str) -> str:
    """Write an editor in Python; `path` is the file that it is given."""
    script = folder / "editor.py"
    head = "import os, sys, pathlib, signal, time\npath = pathlib.Path(sys.argv[-1])\n"
    script.write_text(head + textwrap.dedent(body))
    return f"'{sys.executable}' -IS '{script}'"


def env_of(folder: Path, body: str, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "EDITOR": editor(folder, body), **more}


# Which editor


def test_visual_comes_before_editor_and_both_may_have_arguments() -> None:
    env = {"VISUAL": "code --wait", "EDITOR": "'my vi' -R", "PATH": ""}
    assert editor_command(env) == ("code", "--wait")
    assert editor_command({**env, "VISUAL": " "}) == ("my vi", "-R")


def test_without_a_variable_an_editor_that_is_there_is_taken(tmp_path: Path) -> None:
    (tmp_path / "nano").write_text("#!/bin/sh\n")
    (tmp_path / "nano").chmod(0o755)
    assert editor_command({"PATH": str(tmp_path)}) == ("nano",)
    assert editor_name({"EDITOR": "/opt/bin/vim -u NONE"}) == "vim"
    assert editor_name({"PATH": ""}) == "$EDITOR"
    assert editor_name({"EDITOR": "'"}) == "$EDITOR"


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PATH": ""}, "No editor found: set VISUAL or EDITOR."),
        ({"EDITOR": "no-such-editor-here", "PATH": ""}, "Editor no-such-editor-here not found"),
        ({"VISUAL": "vi '", "PATH": ""}, "VISUAL cannot be read"),
        ({"EDITOR": "/", "PATH": ""}, "cannot be used"),
    ],
)
def test_an_editor_that_cannot_be_started_is_said(env: dict[str, str], words: str) -> None:
    edited = edit("SELECT 1", env)
    assert words in edited.trouble
    assert (edited.text, edited.is_changed) == ("SELECT 1", False)


# What comes back


@pytest.mark.parametrize(
    ("before", "written", "after"),
    [
        ("SELECT 1", b"SELECT 2\n", "SELECT 2"),
        ("SELECT 1", b"SELECT 2\n\n", "SELECT 2\n"),
        ("SELECT 1\n", b"SELECT 2\n", "SELECT 2\n"),
        ("SELECT 1", b"SELECT\r\n2\r\n", "SELECT\n2"),
        ("SELECT\r\n1", b"SELECT\r\n2\r\n", "SELECT\r\n2"),
        ("SELECT 1", b"\xef\xbb\xbfSELECT '\xc3\xa9'", "SELECT 'é'"),
        ("", b"  SELECT\t2  \n", "  SELECT\t2  "),
        ("SELECT 1", b"", ""),
    ],
)
def test_the_text_comes_back_as_written_without_the_last_line_end(
    tmp_path: Path, before: str, written: bytes, after: str
) -> None:
    edited = edit(before, env_of(tmp_path, f"path.write_bytes({written!r})"))
    assert (edited.text, edited.trouble, edited.is_changed) == (after, "", True)


@pytest.mark.parametrize("text", ["", "SELECT 1", "SELECT 1\n", "a\r\nb", "\tx  \n\n", "x\x1b[31m"])
def test_a_text_that_nobody_changed_is_unchanged(tmp_path: Path, text: str) -> None:
    edited = edit(text, env_of(tmp_path, ""))
    assert (edited.text, edited.trouble, edited.is_changed) == (text, "", False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit(3)", "ended with 3: the SQL is as before."),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9"),
        ("path.unlink()", "left no file"),
        ("path.write_bytes(b'caf\\xe9')", "wrote no UTF-8"),
    ],
)
def test_what_goes_wrong_leaves_the_sql_as_it_was(tmp_path: Path, body: str, words: str) -> None:
    edited = edit("SELECT 1", env_of(tmp_path, f"path.write_text('x')\n{body}"))
    assert words in edited.trouble
    assert (edited.text, edited.is_changed) == ("SELECT 1", False)


def test_characters_that_no_file_can_hold_are_said(tmp_path: Path) -> None:
    assert "cannot stand in a file" in edit("SELECT '\ud800'", env_of(tmp_path, "")).trouble


def test_the_file_is_private_named_for_sql_and_gone_afterwards(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    body = f"""
        modes = [os.stat(each).st_mode & 0o777 for each in (path, path.parent)]
        (path.parent / "query.sql~").write_text("a copy of an editor")
        pathlib.Path({str(seen)!r}).write_text(f"{{path}} {{modes}} {{os.environ.get('NO_COLOR')}}")
    """
    edit("SELECT secret", env_of(tmp_path, body, NO_COLOR="1"))
    path, modes = seen.read_text().split(" ", 1)
    assert path.endswith(".sql")
    assert modes == f"{[stat.S_IRUSR | stat.S_IWUSR, stat.S_IRWXU]} 1"
    assert not Path(path).parent.exists()


# Signals

PARENT = """
import os, signal, sys
from qsui.tui.external_editor import edit
got = []
signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
edited = edit("SELECT 1", dict(os.environ))
print(got, edited)
"""


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (signal.SIGINT, "[] Edited(text='SELECT 2', is_changed=True, trouble='')"),
        (signal.SIGTERM, "[15] Edited(text='SELECT 1', is_changed=False"),
    ],
)
def test_an_interrupt_is_the_editors_and_an_end_is_passed_on(
    tmp_path: Path, sent: signal.Signals, expected: str
) -> None:
    body = f"""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.kill(os.getppid(), {int(sent)})
        time.sleep(20 if {int(sent)} == signal.SIGTERM else 0)
        path.write_text("SELECT 2")
    """
    ended = subprocess.run(
        [sys.executable, "-c", PARENT],
        env=env_of(tmp_path, body),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.startswith(expected)


# In the form


def test_where_a_terminal_cannot_be_given_away_the_form_says_so() -> None:
    async def scenario(dash: Acted, pilot: object) -> None:
        form = NewScreen(Kind.QUERY, QueryDraft(sql="SELECT 1"), title="New query")
        dash.app.push_screen(form)
        await dash._settle(pilot)  # type: ignore[arg-type]  # the pilot
        await dash.press(pilot, "f4")  # type: ignore[arg-type]  # the pilot
        assert "edit the SQL in place" in dash.line(-2)
        assert form.query_one(SqlArea).sql == "SELECT 1"

    play(scenario)


PROGRAM = """
import asyncio, sys
import tests.conftest
from qsui.domain.drafts import QueryDraft
from qsui.domain.models import Kind
from qsui.tui.screens.new import NewScreen
from tests.support.dashboard import Dashboard
from tests.support.emulator import tiny_scene

dash = Dashboard(tiny_scene(), no_color=True)

def done(draft):
    dash.app.exit()
    print("DRAFT", repr(draft), file=sys.__stderr__)

def open_form():
    draft = QueryDraft(sql="SELECT 1", name="kept")
    dash.app.push_screen(NewScreen(Kind.QUERY, draft, title="New query"), done)

async def when_ready():
    while dash.app.session is None:
        await asyncio.sleep(0.05)
    dash.app.call_later(open_form)

async def main():
    waiting = asyncio.create_task(when_ready())
    await dash.app.run_async()
    await waiting

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
def test_in_a_real_terminal_the_editor_has_it_alone_and_the_form_gets_it_back(
    tmp_path: Path,
) -> None:
    body = """
        print("EDITOR", os.isatty(0), os.environ.get("NO_COLOR"), flush=True)
        assert input() == "go"
        path.write_text(path.read_text().replace("1", "42"))
    """
    more = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "TERM", "COLORTERM")}
    with Terminal(
        [sys.executable, "-c", PROGRAM], env_of(tmp_path, body, **more), cwd=ROOT
    ) as terminal:
        terminal.wait_for("SELECT 1")
        terminal.settle()
        terminal.keys("\x1bOS")  # F4
        terminal.wait_for("EDITOR True 1")
        terminal.keys("go\n")
        terminal.wait_for("42")
        terminal.wait_for("The SQL was changed.")
        terminal.settle()
        terminal.keys("\x1b")
        terminal.wait_for("Esc again discards")
        terminal.keys("\x1b")
        terminal.wait_for("DRAFT None")
        assert terminal.end() == 0
        assert terminal.left_clean() == ""
