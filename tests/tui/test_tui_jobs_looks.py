"""What the screens of an Alteryx Server look like: pictures that a person judged.

Each test's docstring says what its picture must show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from qsui.domain.jobs import JobMessage, Severity
from qsui.domain.models import Kind
from qsui.domain.secret import Secret
from qsui.tui.screens.job_detail import JobScreen
from tests.support.alteryx import small_scene
from tests.support.dashboard import Dashboard

if TYPE_CHECKING:
    from textual.pilot import Pilot

Compare = Callable[..., bool]
"""The plugin's fixture."""

SHARER = {"client_id": "sharer", "client_secret": Secret("sharer-secret")}
FIND = ("slash", *"batch 4999", "enter")


def server(scene: Any = "demo", **options: Any) -> Dashboard:
    """A dashboard on an Alteryx Server alone."""
    return Dashboard(alteryx=scene, only_alteryx=True, **options)


def looks_as_before(
    compare: Compare, dash: Dashboard, *keys: str, then: Any = None, first: Any = None
) -> bool:
    """Compare what stands there after keys on the list of jobs, everything being read."""

    async def on_jobs(pilot: Pilot[None]) -> None:
        if first is not None:
            await first(pilot)
        await dash.press(pilot, "5")
        await dash.sync(pilot)

    async def last(pilot: Pilot[None]) -> None:
        await dash.sync(pilot)
        if then is not None:
            await then(pilot)
        dash.app.tick()
        await pilot.pause()

    before = dash.before(*keys, first=on_jobs, then=last)
    return compare(dash.app, terminal_size=dash.size, run_before=before)


# Jobs


def test_jobs_without_a_pane(snap_compare: Compare) -> None:
    """Failed on top, the run-away, long waits in amber order, the queue in the title."""
    assert looks_as_before(snap_compare, server(size=(80, 24)))


def test_jobs_with_the_pane_below(snap_compare: Compare) -> None:
    """The pane says what a waiting job waits for, its place, and when it likely starts."""
    assert looks_as_before(snap_compare, server(size=(120, 40)), "j", "j")


def test_jobs_with_the_pane_beside(snap_compare: Compare) -> None:
    """All columns, the pane at the right."""
    assert looks_as_before(snap_compare, server(size=(160, 45)), "j")


def test_jobs_in_the_light_theme(snap_compare: Compare) -> None:
    """The same in the light theme: what is bad stands out, grey is fine."""
    assert looks_as_before(snap_compare, server(size=(120, 40), theme="qsui-light"), "j", "j")


def test_jobs_in_ascii_without_colour(snap_compare: Compare) -> None:
    """Signs from the keyboard, bold and reverse for what is coloured elsewhere."""
    assert looks_as_before(snap_compare, server(size=(80, 24), ascii=True, no_color=True))


def test_jobs_on_a_narrow_screen(snap_compare: Compare) -> None:
    """A sign with a short word, the name, why or what next."""
    assert looks_as_before(snap_compare, server(size=(50, 16)))


def test_jobs_of_a_workflow(snap_compare: Compare) -> None:
    """The path, newest first, no name in the rows."""
    assert looks_as_before(snap_compare, server(size=(80, 24)), "L")


def test_jobs_of_an_older_server(snap_compare: Compare) -> None:
    """Under the title stands which jobs are listed."""
    dash = server(size=(80, 24), alteryx_emulated={"release": "2024.2"})
    assert looks_as_before(snap_compare, dash)


def test_jobs_and_schedules_of_two_systems(snap_compare: Compare) -> None:
    """Schedules of both scopes in one list, a column says whose they are."""

    async def to_schedules(pilot: Pilot[None]) -> None:
        await dash.press(pilot, "2")

    dash = Dashboard(alteryx="demo", size=(120, 36))
    assert looks_as_before(snap_compare, dash, then=to_schedules)


# States


def test_jobs_that_may_not_be_read(snap_compare: Compare) -> None:
    """What failed, what still works, whom to ask."""
    dash = server(small_scene(), size=(80, 24), alteryx_options=SHARER)
    assert looks_as_before(snap_compare, dash)


def test_no_jobs(snap_compare: Compare) -> None:
    """None, in words, and how to read again."""
    assert looks_as_before(snap_compare, server("empty", size=(80, 24)))


def test_none_of_the_jobs_match(snap_compare: Compare) -> None:
    """The filter as a chip, how many there are, and the way out."""
    keys = ("slash", *"nothing like it", "enter")
    assert looks_as_before(snap_compare, server(size=(80, 24)), *keys)


def test_jobs_before_the_first_answer(snap_compare: Compare) -> None:
    """That they are being read."""
    dash = server(size=(80, 24), reads=False)
    assert snap_compare(dash.app, terminal_size=dash.size, run_before=dash.before("5"))


def test_jobs_of_a_server_that_fell_silent(snap_compare: Compare) -> None:
    """Old rows with their time, the offline line, keys that act in brackets."""

    async def silence(pilot: Pilot[None]) -> None:
        assert dash.server is not None
        dash.server.fault("reset")
        for _ in range(5):
            await dash.step(pilot, 60)

    dash = server(size=(80, 24), read_only=False)
    assert looks_as_before(snap_compare, dash, then=silence)


def test_jobs_while_their_list_fails(snap_compare: Compare) -> None:
    """The rows stay; the status line says what failed and when it is tried again."""

    async def fail(pilot: Pilot[None]) -> None:
        assert dash.server is not None
        dash.server.fault("server-errors", "500", path="/v3/jobs")
        for _ in range(2):
            await dash.step(pilot, 30)

    dash = server(size=(80, 24))
    assert looks_as_before(snap_compare, dash, then=fail)


# Workflows


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_workflows(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Those whose last job failed on top, then what goes on; what never ran is grey."""

    async def to_workflows(pilot: Pilot[None]) -> None:
        await dash.press(pilot, "b")
        await dash.sync(pilot)

    dash = server(size=size)
    assert looks_as_before(snap_compare, dash, then=to_workflows)


# One job


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_a_failed_job(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Failed although the server says Completed; what failed; the tool's errors in red."""
    assert looks_as_before(snap_compare, server(size=size), "enter")


def test_a_running_job_that_runs_away(snap_compare: Compare) -> None:
    """The end of its messages is followed, and the title says so."""
    assert looks_as_before(snap_compare, server(size=(120, 40)), "j", "enter")


def test_a_waiting_job(snap_compare: Compare) -> None:
    """Its place, what it waits for, when it likely starts; no messages yet."""
    assert looks_as_before(snap_compare, server(size=(80, 24)), "j", "j", "enter")


def test_a_job_with_warnings(snap_compare: Compare) -> None:
    """Ok with a count of warnings; the warnings in amber."""
    keys = ("slash", *"state:warning", "enter", "enter")
    assert looks_as_before(snap_compare, server(size=(120, 40)), *keys)


def test_a_job_with_five_thousand_messages(snap_compare: Compare) -> None:
    """A place far down, the words that were found marked, the count of hits in the title."""

    async def say(pilot: Pilot[None]) -> None:
        screen = dash.app.screen
        assert isinstance(screen, JobScreen)
        assert screen.job is not None
        said = tuple(
            JobMessage(Severity.WARNING if at % 500 == 0 else Severity.INFO, 1, at // 1000,
                       f"Batch {at}: {at % 200} records were written")
            for at in range(5000)
        )  # fmt: skip
        job = replace(screen.job, messages=said)
        dash.jobs.store.apply(dash.jobs.scope, Kind.JOB, "", [job])
        await dash.press(pilot, *FIND)

    dash = server(size=(120, 40))
    assert looks_as_before(snap_compare, dash, "enter", then=say)


def test_a_job_in_the_light_theme_without_side_by_side(snap_compare: Compare) -> None:
    """Messages above the facts, readable on white."""
    assert looks_as_before(snap_compare, server(size=(100, 40), theme="qsui-light"), "enter")


def test_a_job_in_ascii_without_colour(snap_compare: Compare) -> None:
    """Signs from the keyboard; errors are bold."""
    dash = server(size=(80, 24), ascii=True, no_color=True)
    assert looks_as_before(snap_compare, dash, "enter")
