"""Layers hold, and nothing heavy is imported before the first paint."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "httpx",
    "pydantic",
    "croniter",
    "cron_descriptor",
    "duckdb",
    "starlette",
    "uvicorn",
    "pygments",
    "markdown_it",
    "tree_sitter",
    "sqlite3",
)
FIRST_PAINT = """
import asyncio, os, sys
from qsui.cli.common import Common
from qsui.cli.dashboard import dashboard_options, prepare_terminal
from qsui.config.peek import peek
common = Common()
peeked = peek(common.arguments, os.environ)
prepare_terminal(os.environ)
import dataclasses
import qsui.tui.run
from qsui.tui.app import QsuiApp

async def never():
    await asyncio.Event().wait()

async def main():
    options = dashboard_options(common, peeked)
    scopes = tuple(dataclasses.replace(one, open_session=never) for one in options.scopes)
    options = dataclasses.replace(options, scopes=scopes)
    app = QsuiApp(options)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        print([name for name in sys.argv[1:] if name in sys.modules])

asyncio.run(main())
"""
NOT_FOR_ROWS = (
    "httpx",
    "pydantic",
    "croniter",
    "cron_descriptor",
    "duckdb",
    "starlette",
    "uvicorn",
    "pygments",
    "markdown_it",
    "tree_sitter",
    "click",
    "qsui.backends.adobe.backend",
    "qsui.config.load",
    "qsui.live.engine",
    "qsui.live.control",
    "qsui.storage.journal",
    "qsui.domain.drafts",
    "qsui.domain.filters",
    "qsui.present.panes_query",
    "qsui.present.panes_run",
    "qsui.tui.curl_of",
    "qsui.tui.creating",
    "qsui.tui.screens.confirm",
    "qsui.tui.screens.cron_editor",
    "qsui.tui.screens.help",
    "qsui.tui.screens.journal",
    "qsui.tui.screens.new",
    "qsui.tui.screens.run_detail",
    "qsui.tui.screens.runs",
    "qsui.tui.screens.verbs",
)
"""What a list of remembered rows does without."""

FIRST_ROWS = """
import asyncio, dataclasses, os, sys
from datetime import UTC, datetime
from pathlib import Path
from qsui.cli.common import Common
from qsui.cli.dashboard import dashboard_options, prepare_terminal
from qsui.cli.recall import early_scope
from qsui.config.peek import peek
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState
from qsui.storage.history import open_history
common = Common()
peeked = peek(common.arguments, os.environ)
prepare_terminal(os.environ)
scope = early_scope(peeked.profiles[0])
ref = Ref(scope.profile, scope.sandbox, Kind.SCHEDULE, "", "s1")
row = Schedule(ref, "daily_profile", ScheduleState.ENABLED, "ENABLED", "0 2 * * *")
history = open_history(Path(os.environ["QSUI_STATE_DIR"]))
history.save_schedules(scope, (row,), datetime.now(UTC), replace=True)
history.close()
import qsui.tui.run
from qsui.tui.app import QsuiApp

async def never():
    await asyncio.Event().wait()

async def main():
    options = dashboard_options(common, peeked)
    scopes = tuple(dataclasses.replace(one, open_session=never) for one in options.scopes)
    options = dataclasses.replace(options, scopes=scopes)
    app = QsuiApp(options)
    async with app.run_test(size=(120, 36)) as pilot:
        for _ in range(400):
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            if any("daily_profile" in strip.text for strip in strips):
                break
        else:
            print("no rows")
            return
        print([name for name in sys.argv[1:] if name in sys.modules])

asyncio.run(main())
"""
ENV = {
    "QSUI_CLIENT_ID": "c",
    "QSUI_CLIENT_SECRET": "s",
    "QSUI_ORG_ID": "o@AdobeOrg",
    "QSUI_SANDBOX": "prod",
}


def loaded_by(code: str, *names: str, env: dict[str, str] | None = None) -> str:
    """Run code in a fresh interpreter and return the last line that it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *names],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_the_shell_is_painted_without_anything_heavy() -> None:
    assert loaded_by(FIRST_PAINT, *HEAVY, env=ENV) == "[]"


def test_remembered_rows_are_shown_without_the_servers_side(tmp_path: Path) -> None:
    env = {**ENV, "QSUI_STATE_DIR": str(tmp_path)}
    assert loaded_by(FIRST_ROWS, *NOT_FOR_ROWS, env=env) == "[]"


@pytest.mark.parametrize(
    "package",
    ["domain", "backends", "live", "storage", "present", "config", "tui", "emulator", "cli"],
)
def test_a_package_imports_none_of_its_modules(package: str) -> None:
    code = (
        f"import sys, qsui.{package}\n"
        f"print([m for m in sys.modules if m.startswith('qsui.{package}.')])"
    )
    assert loaded_by(code) == "[]"


def test_the_import_contracts_hold() -> None:
    if importlib.util.find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed")
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(script), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
