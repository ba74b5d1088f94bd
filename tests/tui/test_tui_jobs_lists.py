"""The lists of jobs and workflows: their order, what they say of the queue, and their keys."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from qsui.domain.jobs import JobMessage, Severity
from qsui.domain.models import Kind
from qsui.domain.secret import Secret
from qsui.domain.states import RunState
from qsui.tui.screens.job_detail import JobScreen
from qsui.tui.screens.jobs import AllJobsScreen, JobsScreen
from qsui.tui.screens.workflows import WorkflowsScreen
from tests.support.dashboard import NIGHT, Dashboard
from tests.support.job_plays import JobsDashboard, play_jobs, starts

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from qsui.domain.jobs import Job

OLDER = {"release": "2024.2"}
SHARER = {"client_id": "sharer", "client_secret": Secret("sharer-secret")}


def all_jobs(dash: JobsDashboard) -> AllJobsScreen:
    screen = dash.app.screen
    assert isinstance(screen, AllJobsScreen)
    return screen


def ranks(dash: JobsDashboard) -> list[int]:
    """What the rows need, top first."""
    screen = all_jobs(dash)
    rows = [screen.model.get(key) for key in screen.model.view]
    return [row.rank for row in rows if row is not None]


def known(dash: JobsDashboard) -> list[Job]:
    """The jobs as listed, top first."""
    screen = all_jobs(dash)
    rows = [screen.model.get(key) for key in screen.model.view]
    return [row.job for row in rows if row is not None]


def put(dash: JobsDashboard, *jobs: Job) -> None:
    """Let the server say something new of jobs."""
    dash.jobs.store.apply(dash.jobs.scope, Kind.JOB, "", jobs)


def test_what_needs_somebody_stands_on_top_then_the_queue_then_what_ended() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        del pilot
        found = ranks(dash)
        assert found == sorted(found)
        assert found[0] == 0
        assert 1 in found
        jobs = known(dash)
        for rank in (5, 6):  # what ended oddly, then the rest: each newest first
            of_rank = [job for job, each in zip(jobs, found, strict=True) if each == rank]
            ended = [job.queued_at for job in of_rank]
            assert ended == sorted(ended, key=lambda at: at.timestamp() if at else 0, reverse=True)
        told = {job.state for job, each in zip(jobs, found, strict=True) if each == 5}
        assert told == {RunState.WARNING, RunState.CANCELLED}

    play_jobs(scenario, "demo")


def test_every_sort_of_job_stands_on_the_first_page_of_a_small_terminal() -> None:
    """Whose messages are three keys away: `5`, the row, Enter."""

    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "5")
        rows = "\n".join(dash.text.split("\n")[5:22])
        for word in (" failed ", " slow ", " queued ", " warned ", " cancelled "):
            assert word in rows

    play_jobs(scenario, "demo", size=(80, 24))


def test_history_that_is_read_later_is_no_news_and_a_new_job_is() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        screen = all_jobs(dash)
        assert screen.model.hold_new is True
        (like, *_) = [job for job in known(dash) if job.state is RunState.SUCCESS]
        assert like.queued_at is not None
        before = len(screen.model.items)
        old = replace(like, ref=replace(like.ref, id="old"), queued_at=NIGHT - timedelta(days=3))
        put(dash, old)
        await dash._settle(pilot)
        assert len(screen.model.items) == before + 1
        assert screen.model.held_count == 0
        put(dash, replace(old, ref=replace(like.ref, id="new"), queued_at=dash.jobs.now))
        await dash._settle(pilot)
        assert len(screen.model.items) == before + 1
        assert screen.model.held_count == 1

    play_jobs(scenario, "demo")


def test_a_failed_job_needs_nobody_once_a_later_one_of_its_workflow_came_out() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        failed = next(job for job in known(dash) if job.state is RunState.FAILED)
        assert known(dash)[0] == failed
        later = replace(
            failed,
            ref=replace(failed.ref, id="ffffffffffffffffffffffff"),
            state=RunState.SUCCESS,
            queued_at=dash.jobs.now,
        )
        put(dash, later)
        await dash.press(pilot, "r")
        assert known(dash)[0].id != failed.id
        assert "✗ failed" in dash.text or 0 not in ranks(dash)

    play_jobs(scenario, "demo")


def test_the_title_tells_of_the_queue_and_a_line_under_it_of_a_run_away() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        del pilot
        assert "running 1 of ~1 slot   queued 4   oldest wait 47m" in dash.line(2)
        assert "Likely started by hand: the server never ends such a job" in dash.line(3)

    play_jobs(scenario, "demo")


def test_a_minute_moves_what_waits_and_nothing_else() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        screen = all_jobs(dash)
        before = dict(screen.model.items)
        await dash.advance(20)
        dash.app.tick()
        await pilot.pause()
        assert all(screen.model.items[key] is row for key, row in before.items())
        await dash.advance(3600)
        dash.app.tick()
        await pilot.pause()
        moved = [row for key, row in screen.model.items.items() if before[key] is not row]
        assert all(row.job.state.is_active for row in moved)
        assert any(row.waits_long and not before[screen.key_of(row)].waits_long for row in moved)

    play_jobs(scenario, "demo")


def test_b_goes_to_the_workflows_and_back() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        assert "b workflows" in dash.line(-1)
        await dash.press(pilot, "b")
        assert dash.is_on(WorkflowsScreen)
        assert "b all jobs" in dash.line(-1)
        await dash.press(pilot, "b")
        assert dash.is_on(AllJobsScreen)

    play_jobs(scenario)


def test_a_workflow_opens_its_jobs_and_its_last_messages() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "b")
        await dash.sync(pilot)
        await dash.press(pilot, "slash", *"CRM", "enter", "enter")
        await dash.sync(pilot)
        assert dash.is_on(JobsScreen)
        assert "Workflows › CRM_Account_Sync › Jobs" in dash.line(2)
        await dash.press(pilot, "escape", "m")
        await dash.sync(pilot)
        assert dash.is_on(JobScreen)
        assert "crm_accounts not found" in " ".join(dash.text.split())

    play_jobs(scenario, "demo")


def test_a_workflow_row_follows_its_jobs(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "b")
        await dash.sync(pilot)
        assert "▸ runs" in dash.row("Good")
        await dash.read_again(pilot, 120)
        assert "✓ ok" in dash.row("Good")

    play_jobs(scenario, first=starts("Good"), folder=tmp_path)


def test_the_linked_workflow_shows_its_own_jobs_only() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        name = known(dash)[0].workflow_name
        await dash.press(pilot, "L")
        await dash.sync(pilot)
        screen = dash.app.screen
        assert isinstance(screen, JobsScreen)
        rows = [screen.model.get(key) for key in screen.model.view]
        assert {row.job.workflow_name for row in rows if row is not None} == {name}

    play_jobs(scenario, "demo")


@pytest.mark.parametrize(
    ("words", "count"), [("state:failed", 1), ("needs", 4), ("running", 1), ("nosuchname", 0)]
)
def test_jobs_can_be_filtered_by_fields_and_flags(words: str, count: int) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *words, "enter")
        assert all_jobs(dash).model.shown == count

    play_jobs(scenario, "demo")


def test_exclamation_mark_and_n_mean_what_needs_somebody() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "n")
        row = all_jobs(dash).row
        assert row is not None
        assert row.needs_somebody
        await dash.press(pilot, "exclamation_mark")
        assert set(ranks(dash)) == {0, 1, 2}

    play_jobs(scenario, "demo")


def test_an_older_release_says_which_jobs_are_listed() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        del pilot
        assert "This release does not list all jobs. Here: the last of each workflow" in dash.line(
            3
        )
        assert "Good" in dash.text

    play_jobs(scenario, first=starts("Good"), alteryx_emulated=OLDER)


def test_a_role_that_may_not_list_is_told_what_works_and_shows_what_it_read(
    tmp_path: Path,
) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        assert "Not allowed to read jobs" in dash.text
        assert "b workflows, and the jobs of each" in dash.text
        await dash.press(pilot, "b")
        await dash.sync(pilot)
        await dash.press(pilot, "slash", *"Good", "enter", "t")
        await dash.confirm(pilot)
        await dash.read_again(pilot, 10)
        await dash.press(pilot, "enter")
        await dash.sync(pilot)
        assert "▸ runs" in dash.text
        await dash.press(pilot, "5")
        await dash.sync(pilot)
        assert "This key may not list all jobs. Here: those of 1 of 3 workflows." in dash.line(3)
        assert "▸ runs" in dash.row("Good")

    play_jobs(scenario, folder=tmp_path, alteryx_options=SHARER)


def test_a_server_without_jobs_is_told_apart_from_one_that_was_not_read() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        assert "No jobs in ayx." in dash.text
        await dash.press(pilot, "b")
        await dash.sync(pilot)
        assert "– not run" in dash.row("Good")
        await dash.press(pilot, "enter")
        await dash.sync(pilot)
        assert "No jobs in" in dash.text

    play_jobs(scenario)


def test_hostile_names_and_messages_stand_there_as_text() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        job = known(dash)[0]
        evil = "[red]x[/red]\x1b]52;c;AAAA\x07\r\nnext"
        said = (JobMessage(Severity.ERROR, 3, 7, evil), JobMessage(Severity.INFO, 1, None, ""))
        put(
            dash,
            replace(
                job,
                state=RunState.FAILED,
                workflow_name=evil,
                submitted_by=evil,
                priority=evil,
                worker_tag=evil,
                disposition=evil,
                raw_state=evil,
                messages=said,
            ),
        )
        await dash.press(pilot, "r", "g", "enter")
        assert "\x1b" not in dash.text
        assert "[red]x[/red]" in dash.text

    play_jobs(scenario, first=starts("Good"))


SIZES = [(20, 5), (39, 12), (60, 10), (80, 24), (100, 16), (139, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("ascii_signs", [False, True], ids=["signs", "ascii"])
def test_every_screen_fits_every_size(size: tuple[int, int], ascii_signs: bool) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        for key in ("", "enter", "escape", "b", "enter"):
            if key:
                await dash.press(pilot, key)
                await dash.sync(pilot)
            lines = dash.text.split("\n")
            assert len(lines) == size[1]
            assert all(len(line) <= size[0] for line in lines)
            if ascii_signs:
                chrome = "".join(lines).replace("ł", "").replace("ō", "").replace("ö", "")
                assert "─" not in chrome

    play_jobs(scenario, "demo", size=size, ascii=ascii_signs, no_color=ascii_signs)


@pytest.mark.parametrize("keys", [("5",), ("5", "b"), ("2",)], ids=["jobs", "workflows", "2"])
def test_a_refused_login_stands_in_place_of_rows_that_were_never_read(
    keys: tuple[str, ...],
) -> None:
    async def main() -> None:
        wrong = {"client_id": "sharer", "client_secret": Secret("wrong")}
        dash = Dashboard(alteryx="demo", only_alteryx=True, size=(80, 24), alteryx_options=wrong)
        async with dash.running() as pilot:
            await dash.press(pilot, *keys)
            await dash.step(pilot, 2)
            assert "Login refused (400) for ayx" in dash.text
            assert "choose another with @" in dash.text
            assert "Reading" not in dash.text

    asyncio.run(main())
