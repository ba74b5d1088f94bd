"""What every screen looks like: pictures that a person judged, compared to the cell.

Each test's docstring says what its picture must show. After a change on purpose:
`pytest tests/tui/test_tui_snapshots.py --snapshot-update -n 0`, then look at every changed picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from qsui.domain.models import Kind
from qsui.emulator.shop_seeds import Scene, ScheduleSeed
from tests.support.dashboard import Dashboard
from tests.support.emulator import OWNER, tiny_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

Compare = Callable[..., bool]
"""The plugin's fixture."""

TO_DAILY_MERGE = ("slash", *"name:daily_profile_merge", "enter")


def looks_as_before(compare: Compare, dash: Dashboard, *keys: str, **acts: Any) -> bool:
    return compare(dash.app, terminal_size=dash.size, run_before=dash.before(*keys, **acts))


# The screens, on a bad night


def test_schedules_with_the_pane_beside(snap_compare: Compare) -> None:
    """Trouble on top in colour, healthy rows grey, the pane says what failed and what to do."""
    assert looks_as_before(snap_compare, Dashboard(size=(160, 45)))


def test_schedules_with_the_pane_below(snap_compare: Compare) -> None:
    """The list, a line that says how many more rows there are, the pane under it."""
    assert looks_as_before(snap_compare, Dashboard(size=(120, 36)))


def test_schedules_without_a_pane(snap_compare: Compare) -> None:
    """State, name, next fire, history and cadence; nothing cut within a word."""
    assert looks_as_before(snap_compare, Dashboard(size=(80, 24)))


def test_runs_of_a_schedule(snap_compare: Compare) -> None:
    """Six failures in a row, newest first, then good runs; the path leads back."""
    dash = Dashboard(size=(120, 36))
    assert looks_as_before(snap_compare, dash, *TO_DAILY_MERGE, "enter")


def test_all_runs(snap_compare: Compare) -> None:
    """Runs of the last day of all schedules by due time; the title says how much was read."""
    assert looks_as_before(snap_compare, Dashboard(size=(120, 36)), "3")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_a_failed_run(snap_compare: Compare, size: tuple[int, int]) -> None:
    """State first, then tasks, the error in words with what to do, and the SQL with its line."""
    assert looks_as_before(snap_compare, Dashboard(size=size), *TO_DAILY_MERGE, "m")


def test_queries(snap_compare: Compare) -> None:
    """Queries of the last day, newest first, with client and user; failed ones stand out."""
    assert looks_as_before(snap_compare, Dashboard(size=(120, 36)), "4")


def test_a_failed_query(snap_compare: Compare) -> None:
    """Error code, words, what to do; what it read; the SQL that ran beside it."""
    dash = Dashboard(size=(120, 36))
    assert looks_as_before(snap_compare, dash, "4", "n", "enter")


def test_help(snap_compare: Compare) -> None:
    """Every key of the screen below in groups, then what each sign means."""
    assert looks_as_before(snap_compare, Dashboard(tiny_scene(), size=(120, 36)), "question_mark")


def test_the_sort_picker(snap_compare: Compare) -> None:
    """The orders, the present one under the cursor, over the dimmed list."""
    assert looks_as_before(snap_compare, Dashboard(tiny_scene(), size=(80, 24)), "S")


def test_raw_json(snap_compare: Compare) -> None:
    """The record as received, indented, with its size."""
    assert looks_as_before(snap_compare, Dashboard(tiny_scene(), size=(120, 36)), "y")


def test_the_palette(snap_compare: Compare) -> None:
    """Every action of the screen by name with its key."""
    assert looks_as_before(snap_compare, Dashboard(tiny_scene(), size=(80, 24)), "colon")


def test_the_filter_while_typing(snap_compare: Compare) -> None:
    """The field in the title line, the count beside it, only matching rows below."""
    dash = Dashboard(tiny_scene(), size=(80, 24))
    assert looks_as_before(snap_compare, dash, "slash", *"name:or")


def test_the_evidence_of_a_verdict(snap_compare: Compare) -> None:
    """What the verdict rests on, sentence by sentence, in place of the description."""
    assert looks_as_before(snap_compare, Dashboard(tiny_scene(), size=(120, 36)), "X")


# Other terminals


@pytest.fixture
def no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # as `--no-color` does before the app is made


@pytest.mark.usefixtures("no_colour")
def test_ascii_without_colour(snap_compare: Compare) -> None:
    """The same rows in ASCII signs; bold and reverse carry what colour does elsewhere."""
    dash = Dashboard(size=(80, 24), ascii=True, no_color=True)
    assert looks_as_before(snap_compare, dash)


@pytest.mark.usefixtures("no_colour")
def test_a_failed_run_in_ascii_without_colour(snap_compare: Compare) -> None:
    """No line, bar or sign outside ASCII."""
    dash = Dashboard(size=(80, 24), ascii=True, no_color=True)
    assert looks_as_before(snap_compare, dash, *TO_DAILY_MERGE, "m")


def test_the_light_theme(snap_compare: Compare) -> None:
    """Dark text on light ground, the same roles."""
    assert looks_as_before(snap_compare, Dashboard(size=(120, 36), theme="qsui-light"))


@pytest.mark.parametrize(
    "size", [(20, 5), (40, 12), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_odd_sizes(snap_compare: Compare, size: tuple[int, int]) -> None:
    """One line at 20x5; sign, word and name at 40x12; every column and a wide pane at 200x50."""
    assert looks_as_before(snap_compare, Dashboard(size=size))


# The six states of each list

LISTS = {
    "schedules": (),
    "runs": ("slash", *"name:orders_rollup", "enter", "enter"),
    "queries": ("4",),
}
"""The keys that lead to each list."""

JUST_MADE = ScheduleSeed("just_made", "SELECT 1", "0 7 * * *", OWNER, created_days_ago=0.01)


@pytest.fixture(params=list(LISTS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def small(**options: Any) -> Dashboard:
    return Dashboard(tiny_scene(JUST_MADE), size=(80, 24), **options)


def test_first_load(snap_compare: Compare, name: str) -> None:
    """`Reading schedules of acme/prod …` in place of rows."""
    dash = small(reads=name == "runs")

    async def forget_runs(pilot: Pilot[None]) -> None:
        del pilot
        session = dash.session
        for id in session.store.snapshot.schedules(session.scope).records:
            session.store.drop(session.scope, Kind.RUN, id)

    async def tell_the_time(pilot: Pilot[None]) -> None:
        dash.app.tick()  # the first header was drawn by the real clock
        await pilot.pause()

    first = forget_runs if name == "runs" else None
    assert looks_as_before(snap_compare, dash, *LISTS[name], first=first, then=tell_the_time)


def test_empty(snap_compare: Compare, name: str) -> None:
    """`No schedules in acme/prod.` and what can be done."""
    if name == "runs":
        dash, keys = small(), ("slash", *"name:just_made", "enter", "enter")
    else:
        dash, keys = Dashboard(Scene("empty"), size=(80, 24)), LISTS[name]
    assert looks_as_before(snap_compare, dash, *keys)


def test_empty_by_filter(snap_compare: Compare, name: str) -> None:
    """`None of 3 match.`, the filter as a chip, and how to see all again."""
    keys = (*LISTS[name], "slash", *"nowhere", "enter")
    assert looks_as_before(snap_compare, small(), *keys)


def test_offline(snap_compare: Compare, name: str) -> None:
    """Old rows under `as of`, the header in amber, since when, and how to try at once."""
    dash = small()

    async def cut_the_line(pilot: Pilot[None]) -> None:
        dash.emulator.fault("reset")
        for seconds in (30, 30, 300):
            await dash.step(pilot, seconds)

    assert looks_as_before(snap_compare, dash, *LISTS[name], then=cut_the_line)


def test_error_with_rows_kept(snap_compare: Compare, name: str) -> None:
    """Rows stay; the status line says what failed, how often and when it is tried again."""
    dash = small()

    async def break_the_list(pilot: Pilot[None]) -> None:
        dash.emulator.fault("server-errors", 500, path=f"/{name}")
        for _ in range(2):
            await dash.step(pilot, 70)

    assert looks_as_before(snap_compare, dash, *LISTS[name], then=break_the_list)


def test_forbidden(snap_compare: Compare, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this list's body says that it may not be read, what still works and what to do."""
    monkeypatch.setattr("qsui.backends.transport.uuid.uuid4", lambda: UUID(int=7))
    dash = small(arrange=lambda emulator: emulator.fault("forbidden-list", name))
    keys = ("slash", *"name:just_made", "enter", "enter") if name == "runs" else LISTS[name]
    assert looks_as_before(snap_compare, dash, *keys)
