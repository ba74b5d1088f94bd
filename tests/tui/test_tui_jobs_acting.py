"""Verbs on an Alteryx Server by their keys: what the server saw, then what stands on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qsui.domain.models import Kind
from qsui.emulator.alteryx.seeds import ScheduleSeed
from qsui.tui.screens.confirm import ConfirmScreen
from qsui.tui.screens.cron_editor import CronEditorScreen
from qsui.tui.screens.job_detail import JobScreen
from qsui.tui.screens.jobs import AllJobsScreen, JobsScreen
from tests.support.alteryx import small_scene
from tests.support.job_plays import OWNER, JobsDashboard, play_jobs, starts

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from qsui.emulator.alteryx.seeds import AlteryxScene

NIGHTLY = ScheduleSeed(
    "nightly",
    "Good",
    OWNER,
    {
        "iterationType": "Daily",
        "startTime": "2026-05-01T04:00:00Z",
        "dailyContract": {"runOnlyWorkWeek": False},
    },
    past_runs=1,
)


def scheduled_scene() -> AlteryxScene:
    """The small scene with one schedule."""
    return small_scene(schedules=(NIGHTLY,))


def titles(dash: JobsDashboard) -> str:
    """The line with the title and the count."""
    return dash.line(2)


def test_t_on_a_job_runs_its_workflow_and_the_new_job_stands_there_before_it_has_an_id(
    tmp_path: Path,
) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "t")
        assert dash.is_on(ConfirmScreen)
        assert "Run workflow Good now" in dash.text
        assert dash.sent() == []
        await dash.confirm(pilot)
        good = dash.ayx.workflow_id("Good")
        assert dash.sent() == [f"POST v3/workflows/{good}/jobs"]
        assert "» sent 0s" in dash.text
        await dash.read_again(pilot, 10)
        assert "» sent" not in dash.text
        assert "Jobs 2" in titles(dash)
        assert dash.toasts[-1].startswith("✓ Good has a new job, seen after 10 s")

    play_jobs(scenario, first=starts("Good"), folder=tmp_path)


def test_a_job_that_runs_is_cancelled_and_keeps_its_row(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        job = dash.jobs.book.active()[0] if dash.jobs.book else None
        assert job is not None
        await dash.press(pilot, "x")
        assert "its row stays" in " ".join(dash.text.split())
        await dash.confirm(pilot)
        assert dash.sent() == [f"DELETE v3/jobs/{job.id}"]
        await dash.read_again(pilot, 10)
        assert "∙ cancelled" in dash.row("Good")
        assert "Jobs 1" in titles(dash)

    play_jobs(scenario, first=starts("Good"), folder=tmp_path)


def test_a_job_that_waits_is_deleted_from_the_queue_and_its_row_goes(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        assert "1st in line" in dash.row("Bad")
        await dash.press(pilot, "j", "x")
        assert "deleted from the queue" in " ".join(dash.text.split())
        await dash.confirm(pilot)
        assert [words.split("/")[0] for words in dash.sent()] == ["DELETE v3"]
        await dash.read_again(pilot, 10)
        assert "Jobs 1" in titles(dash)
        assert not any(" Bad " in line for line in dash.text.split("\n"))
        await dash.press(pilot, "7", "enter")
        assert "queue" in dash.text

    play_jobs(scenario, first=starts("Good", "Bad"), folder=tmp_path)


def test_undoing_a_run_cancels_the_job_it_made(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "b")
        await dash.sync(pilot)
        await dash.press(pilot, "slash", *"Good", "enter", "t")
        await dash.confirm(pilot)
        await dash.read_again(pilot, 10)
        await dash.press(pilot, "u")
        assert dash.is_on(ConfirmScreen)
        await dash.confirm(pilot)
        assert [words.split(" ")[0] for words in dash.sent()] == ["POST", "DELETE"]

    play_jobs(scenario, folder=tmp_path)


def test_x_on_a_workflow_cancels_its_jobs_only(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        book = dash.jobs.book
        assert book is not None
        own = {job.id for job in book.jobs_of(dash.ayx.workflow_id("Bad"))}
        await dash.press(pilot, "b")
        await dash.sync(pilot)
        await dash.press(pilot, "slash", *"Bad", "enter", "x")
        await dash.confirm(pilot)
        assert {words.rpartition("/")[2] for words in dash.sent()} == own
        assert len(own) == 1

    play_jobs(scenario, first=starts("Good", "Bad"), folder=tmp_path)


def test_marked_jobs_are_cancelled_together(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "asterisk", "x")
        assert "2" in dash.line(
            dash.text.split("\n").index(next(line for line in dash.text.split("\n") if "╭" in line))
        )
        await dash.confirm(pilot)
        assert len(dash.sent()) == 2
        await dash.read_again(pilot, 20)
        assert "∙ cancelled" in dash.row("Good")
        assert "Jobs 1" in titles(dash)

    play_jobs(scenario, first=starts("Good", "Bad"), folder=tmp_path)


def test_the_detail_of_a_job_acts_on_that_job(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "enter", "x")
        await dash.confirm(pilot)
        assert dash.is_on(JobScreen)
        assert dash.sent()[0].startswith("DELETE v3/jobs/")
        await dash.read_again(pilot, 10)
        assert "cancelled" in dash.text

    play_jobs(scenario, first=starts("Good"), folder=tmp_path)


@pytest.mark.parametrize("release", ["2024.2", "2025.1", "current"])
def test_a_schedule_is_turned_off_by_its_key_on_each_release(tmp_path: Path, release: str) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "s")
        await dash.confirm(pilot)
        assert len(dash.sent()) == 1
        assert dash.sent()[0].split(" ")[0] in ("PUT", "PATCH")
        await dash.read_again(pilot, 10)
        assert "◦ off" in dash.row("nightly")
        await dash.press(pilot, "s")
        await dash.confirm(pilot)
        await dash.read_again(pilot, 10)
        assert "◦ off" not in dash.row("nightly")

    play_jobs(
        scenario,
        scheduled_scene(),
        keys=("2",),
        folder=tmp_path,
        alteryx_emulated={"release": release},
    )


HALF_PAST_SIX = (*"30", "space", "6", *("space", "asterisk") * 3)
EACH_SECOND_FRIDAY = (*"0", "space", *"3", "space", *"1", "space", "asterisk", "space", *"5")


@pytest.mark.parametrize(
    ("release", "said"), [("2024.2", '"dailyContract"'), ("current", '"cronContract"')]
)
def test_a_new_cadence_goes_as_the_release_can_say_it_and_is_read_back(
    tmp_path: Path, release: str, said: str
) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "e")
        assert dash.is_on(CronEditorScreen)
        assert "Daily at 04:00" in dash.text
        assert "replace /schedule" not in dash.text
        await dash.press(pilot, *HALF_PAST_SIX, "enter")
        assert dash.is_on(ConfirmScreen)
        assert said in dash.text
        await dash.confirm(pilot)
        assert [words.split("/")[0] for words in dash.sent()] == ["PATCH v3"]
        await dash.read_again(pilot, 10)
        assert "06:30" in dash.row("nightly")

    emulated = {"release": release}
    play_jobs(scenario, scheduled_scene(), keys=("2",), folder=tmp_path, alteryx_emulated=emulated)


def test_a_cadence_that_a_release_cannot_say_is_refused_before_with_the_reason(
    tmp_path: Path,
) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "e", *EACH_SECOND_FRIDAY, "enter")
        assert "left out: this release has no recurrence" in " ".join(dash.text.split())
        await dash.press(pilot, "enter")
        assert dash.sent() == []
        assert "04:00" in dash.row("nightly")

    emulated = {"release": "2024.2"}
    play_jobs(scenario, scheduled_scene(), keys=("2",), folder=tmp_path, alteryx_emulated=emulated)


def test_a_deleted_schedule_goes_from_the_list(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "v")
        assert "run its workflow now" in dash.text
        assert "turned off first" not in dash.text
        await dash.press(pilot, "d")
        assert "Delete schedule nightly" in dash.text
        assert dash.sent() == []
        await dash.confirm(pilot)
        assert [words.split("/")[:2] for words in dash.sent()] == [["DELETE v3", "schedules"]]
        await dash.read_again(pilot, 10)
        assert "No schedules in ayx." in dash.text

    play_jobs(scenario, scheduled_scene(), keys=("2",), folder=tmp_path)


def test_enter_on_a_schedule_shows_the_jobs_of_its_workflow(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "enter")
        await dash.sync(pilot)
        screen = dash.app.screen
        assert isinstance(screen, JobsScreen)
        assert screen.workflow.kind is Kind.WORKFLOW
        assert "Workflows › Good › Jobs 1" in dash.text

    play_jobs(scenario, scheduled_scene(), keys=("2",), folder=tmp_path)


def test_a_read_only_profile_greys_the_keys_and_says_why() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        assert "(t run now)  (x cancel)" in dash.line(-1)
        await dash.press(pilot, "t", "x")
        assert dash.is_on(AllJobsScreen)
        assert "read-only" in dash.toasts[-1]
        await dash.press(pilot, "question_mark")
        assert "This profile is read-only" in dash.text
        assert dash.sent() == []

    play_jobs(scenario, first=starts("Good"), read_only=True)


def test_a_release_without_a_cancel_says_so_and_greys_the_key_from_then_on(
    tmp_path: Path,
) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "x")
        await dash.confirm(pilot)
        await dash.press(pilot, "escape")
        await dash.read_again(pilot, 10)
        assert "▸ runs" in dash.row("Good")
        assert "(x cancel)" in dash.line(-1)
        await dash.press(pilot, "x")
        assert "2025.1" in dash.toasts[-1]
        await dash.press(pilot, "question_mark")
        assert "2025.1" in dash.text

    play_jobs(
        scenario,
        first=starts("Good"),
        folder=tmp_path,
        alteryx_emulated={"release": "2024.2"},
    )


def test_the_footer_names_the_keys_of_a_schedule_as_its_server_does(tmp_path: Path) -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        del pilot
        assert "Enter jobs" in dash.text
        assert "t run now" in dash.text
        assert "t trigger" not in dash.text

    play_jobs(scenario, scheduled_scene(), keys=("2",), folder=tmp_path)
