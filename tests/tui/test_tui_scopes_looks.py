"""What several scopes look like: pictures that a person judged, compared to the cell.

Each test's docstring says what its picture must show. After a change on purpose:
`pytest tests/tui/test_tui_scopes_looks.py --snapshot-update -n 0`, then look at every picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.errors import ConfigError
from qsui.tui.options import LiveScope
from tests.support.dashboard import Act, Dashboard

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from qsui.tui.options import Session

Compare = Callable[..., bool]
"""The plugin's fixture."""


def looks_as_before(compare: Compare, dash: Dashboard, *keys: str, then: Act | None = None) -> bool:
    prepared = dash.before(*keys, then=then)
    return compare(dash.app, terminal_size=dash.size, run_before=prepared)


def both(size: tuple[int, int], **options: Any) -> Dashboard:
    return Dashboard("trouble", size=size, alteryx="trouble", read_only=False, **options)


@pytest.mark.parametrize(
    "size",
    [(160, 45), (120, 36), (80, 24), (60, 20), (40, 12)],
    ids=["160x45", "120x36", "80x24", "60x20", "40x12"],
)
def test_schedules_of_both_servers(snap_compare: Compare, size: tuple[int, int]) -> None:
    """One list, worst first; the header names both, the column whose row it is if there is room."""
    assert looks_as_before(snap_compare, both(size))


def test_schedules_of_one_of_two(snap_compare: Compare) -> None:
    """The other is in brackets in the header, and there is no column for it."""
    assert looks_as_before(snap_compare, both((120, 36)), "at", *"ayx", "enter")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_the_choice_of_a_scope(snap_compare: Compare, size: tuple[int, int]) -> None:
    """All, then each with how it fares; a field that narrows the list has the keyboard."""
    assert looks_as_before(snap_compare, both(size), "at")


def test_one_of_two_is_away(snap_compare: Compare) -> None:
    """The header and the status line name it; its rows are marked, the other's are not."""
    dash = both((120, 36))

    async def cut(pilot: Pilot[None]) -> None:
        assert dash.server is not None
        dash.server.fault("reset")
        for _ in range(12):
            await dash.step(pilot, 30)

    assert looks_as_before(snap_compare, dash, then=cut)


def test_one_of_two_cannot_be_opened(snap_compare: Compare) -> None:
    """A red mark in the header, the reason in the status line, the other's rows as ever."""

    async def refuse() -> Session:
        raise ConfigError("profile ayx: client_secret_file cannot be read")

    dash = Dashboard("trouble", size=(120, 36))
    dash.app.scopes.append(LiveScope("ayx", "", refuse, has_jobs=True))
    assert looks_as_before(snap_compare, dash)


def test_the_journal_of_two(snap_compare: Compare) -> None:
    """Empty, with words that mean both."""
    assert looks_as_before(snap_compare, both((80, 24)), "7")
