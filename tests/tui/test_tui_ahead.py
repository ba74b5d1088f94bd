"""Screens are imported before they are opened: those that can be, one by one, until the end."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest

from qsui.tui import ahead

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    names = ("ahead_of_time_a", "ahead_of_time_b")
    for name in names:
        (tmp_path / f"{name}.py").touch()
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(ahead, "GAP_S", 0.0)
    return names


@pytest.mark.parametrize("has_queries", [True, False])
@pytest.mark.parametrize("has_jobs", [True, False])
def test_every_name_is_that_of_a_module(has_queries: bool, has_jobs: bool) -> None:
    names = ahead.screens(has_queries=has_queries, has_jobs=has_jobs)
    assert len(set(names)) == len(names)
    assert [name for name in names if importlib.util.find_spec(name) is None] == []


def test_only_lists_of_live_scopes_are_named() -> None:
    only_queries = ahead.screens(has_queries=True, has_jobs=False)
    only_jobs = ahead.screens(has_queries=False, has_jobs=True)
    assert "qsui.tui.screens.jobs" in only_jobs
    assert "qsui.tui.screens.jobs" not in only_queries
    assert "qsui.tui.screens.queries" in only_queries
    assert "qsui.tui.screens.queries" not in only_jobs


def test_what_is_not_there_yet_is_imported(two_modules: tuple[str, str]) -> None:
    asyncio.run(ahead.import_ahead(two_modules, lambda: True))
    assert all(name in sys.modules for name in two_modules)


def test_nothing_more_is_imported_at_the_end(two_modules: tuple[str, str]) -> None:
    first, second = two_modules
    asyncio.run(ahead.import_ahead(two_modules, lambda: first not in sys.modules))
    assert first in sys.modules
    assert second not in sys.modules
