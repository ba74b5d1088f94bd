"""Dashboards in this process are waited for until they are quiet; long timers stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _quietly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with quietly(monkeypatch):
        yield
