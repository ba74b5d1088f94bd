"""`qsui`, called in this process with its own settings file and the variables of one server.

Dashboards are waited for until they are quiet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.cli import run
from tests.support.cli import Done, Qsui
from tests.support.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _quietly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with quietly(monkeypatch):
        yield


@pytest.fixture
def qsui(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Qsui:
    """Run `qsui` with arguments and variables; the settings file exists and is empty."""
    file = tmp_path / "config.toml"
    file.touch()
    monkeypatch.setenv("QSUI_CONFIG", str(file))

    def call(*arguments: str, env: dict[str, str] | None = None) -> Done:
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        code = run(arguments)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call
