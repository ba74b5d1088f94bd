"""What create forms look like: pictures that a person judged, compared to the cell.

Each test's docstring says what its picture must show. After a change on purpose:
`pytest tests/tui/test_tui_new_looks.py --snapshot-update -n 0`, then look at every picture.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.draft_of import Prefill
from qsui.domain.drafts import QueryDraft, ScheduleDraft
from qsui.domain.models import Kind
from qsui.tui import external_editor
from qsui.tui.screens.new import NewScreen
from tests.support.dashboard import NIGHT, Dashboard
from tests.support.emulator import tiny_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

Compare = Callable[..., bool]
"""The plugin's fixture."""

SQL = """SELECT status, count(*) AS orders
FROM orders
WHERE CAST(ordered_at AS DATE) = CAST('$day' AS DATE)
  AND loaded_at < '$schedule_time'
GROUP BY status"""

COPY = Prefill(
    ScheduleDraft(
        QueryDraft(
            sql=SQL,
            name="orders_rollup copy",
            description="Orders of a day by status",
            parameters=(("day", "2026-05-31"),),
            insert_into="orders_by_status",
        ),
        "30 2 * * 1-5",
        NIGHT.replace(hour=4, minute=0, second=0),
        NIGHT.replace(hour=4, minute=0, second=0) + timedelta(days=90),
        2,
    ),
    ("It starts at the next full hour, not when the other one did.",),
)


@pytest.fixture(autouse=True)
def same_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "vim")
    assert external_editor.editor_command({"VISUAL": "vim"}) == ("vim",)


def looks_as_before(
    compare: Compare,
    dash: Dashboard,
    kind: Kind,
    draft: Any = None,
    *keys: str,
    button: str = "",
) -> bool:
    async def show(pilot: Pilot[None]) -> None:
        form = NewScreen(kind, draft, title=f"New {kind}")
        dash.app.push_screen(form)
        await dash._settle(pilot)
        if button:
            form.query_one(f"#new-{button}").focus()
            await dash.press(pilot, "enter")
        await dash.press(pilot, *keys)

    return compare(dash.app, terminal_size=dash.size, run_before=dash.before(first=show))


def board(size: tuple[int, int], **options: Any) -> Dashboard:
    return Dashboard(tiny_scene(), size=size, read_only=False, **options)


@pytest.mark.parametrize(
    "size", [(120, 36), (80, 24), (60, 20), (40, 12)], ids=["120x36", "80x24", "60x20", "40x12"]
)
def test_a_copied_schedule(snap_compare: Compare, size: tuple[int, int]) -> None:
    """A note on top, all fields with what they mean beside or below them, how much is below."""
    assert looks_as_before(snap_compare, board(size), Kind.SCHEDULE, COPY)


def test_the_end_of_a_schedule_in_a_small_terminal(snap_compare: Compare) -> None:
    """Scrolled to the dates: the cadence in words, the first runs, what cannot be changed later."""
    assert looks_as_before(snap_compare, board((80, 24)), Kind.SCHEDULE, COPY, "up", "up", "up")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_a_blank_query(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Empty fields, the first has the keyboard; Cancel and Review at the end."""
    assert looks_as_before(snap_compare, board(size), Kind.QUERY)


def test_a_blank_schedule_that_was_reviewed(snap_compare: Compare) -> None:
    """What is wrong stands below its field and in the status line; the SQL has the keyboard."""
    dash = board((120, 36))
    assert looks_as_before(snap_compare, dash, Kind.SCHEDULE, None, button="review")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_the_templates(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Names with their parameters, the SQL of the one under the cursor below."""
    dash = Dashboard("trouble", size=size, read_only=False)
    keys = (*"seg",)
    assert looks_as_before(snap_compare, dash, Kind.QUERY, None, *keys, button="choose")


def test_a_schedule_in_the_light_theme(snap_compare: Compare) -> None:
    """The same form, dark on light."""
    dash = board((120, 36), theme="qsui-light")
    assert looks_as_before(snap_compare, dash, Kind.SCHEDULE, COPY)


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # as `--no-color` does before the app is made


@pytest.mark.usefixtures("no_colour")
def test_ascii_without_colour(snap_compare: Compare) -> None:
    """The same form in ASCII; the focused field is marked without colour."""
    dash = board((80, 24), ascii=True, no_color=True)
    assert looks_as_before(snap_compare, dash, Kind.SCHEDULE, COPY)
