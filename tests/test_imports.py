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
    options = dataclasses.replace(dashboard_options(common, peeked), open_session=never)
    app = QsuiApp(options)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
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
