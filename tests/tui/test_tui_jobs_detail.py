"""A job's detail: its messages by tool, severity, finding, following, and a job that goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qsui.domain.jobs import JobMessage, Severity
from qsui.domain.models import Kind
from qsui.domain.states import RunState
from qsui.tui.app import CLIPBOARD_BYTES
from qsui.tui.screens.job_detail import JobScreen
from qsui.tui.screens.jobs import JobsScreen
from tests.support.job_plays import JobsDashboard, play_jobs, starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

MANY = 5_000
OPEN = ("5", "enter")
WIDE = (160, 45)


def info(words: str, tool: int | None = 1) -> JobMessage:
    return JobMessage(Severity.INFO, 1, tool, words)


def detail(dash: JobsDashboard) -> JobScreen:
    screen = dash.app.screen
    assert isinstance(screen, JobScreen)
    return screen


def say(dash: JobsDashboard, messages: Sequence[JobMessage], state: RunState | None = None) -> None:
    """Let the server tell the whole log of the job on screen."""
    job = detail(dash).job
    assert job is not None
    job = replace(job, messages=tuple(messages), state=state or job.state)
    dash.jobs.store.apply(dash.jobs.scope, Kind.JOB, "", [job])


def long_log(count: int = MANY) -> list[JobMessage]:
    return [info(f"Batch {number} was written", number // 100) for number in range(count)]


def test_a_failed_job_shows_its_state_what_failed_and_messages_by_tool() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        del pilot
        assert "✗ failed" in dash.text
        assert "status Completed, outcome Error" in dash.text
        lines = [line[3:].strip() for line in dash.text.split("\n")]
        engine = next(at for at, line in enumerate(lines) if line.startswith("· engine"))
        tool = next(at for at, line in enumerate(lines) if line.startswith("✗ tool 3"))
        assert engine < tool

    play_jobs(scenario, "demo", keys=OPEN)


def test_the_severity_key_goes_through_all_and_the_title_says_which() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, [info("quiet"), JobMessage(Severity.HIDDEN, 10, 1, "done it"),
                   JobMessage(Severity.ERROR, 3, 2, "loud")])  # fmt: skip
        await pilot.pause()
        seen = []
        for _ in range(4):
            words = next(line for line in dash.text.split("\n") if "Messages" in line)
            log = detail(dash).log_view.plain
            said = [word for word in ("quiet", "done it", "loud") if word in log]
            seen.append((words.partition("! ")[2].split("  ")[0], said))
            await dash.press(pilot, "exclamation_mark")
        assert seen == [
            ("infos and worse", ["quiet", "loud"]),
            ("all, hidden too", ["quiet", "done it", "loud"]),
            ("errors only", ["loud"]),
            ("warnings and worse", ["loud"]),
        ]

    play_jobs(scenario, "demo", keys=OPEN, size=WIDE)


def test_nothing_as_bad_as_that_is_said_in_words() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, [info("quiet")])
        await dash.press(pilot, "exclamation_mark", "exclamation_mark")
        assert "None as bad as that. ! shows more." in dash.text

    play_jobs(scenario, "demo", keys=OPEN)


def test_the_order_key_shows_messages_as_they_were_said() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, [info("one", 1), info("two", 2), info("three", 1)])
        await pilot.pause()
        by_tool = detail(dash).log_view.plain
        assert by_tool.index("three") < by_tool.index("two")
        await dash.press(pilot, "S")
        said = detail(dash).log_view.plain
        assert said.index("one") < said.index("two") < said.index("three")
        assert said.count("tool 1") == 2

    play_jobs(scenario, "demo", keys=OPEN)


def test_words_are_found_and_n_goes_from_one_to_the_next() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, [*long_log(300), info("BATCH 7 again", 3)])
        await pilot.pause()
        await dash.press(pilot, "slash", *"batch 7 ", "enter")
        assert "/ batch 7" in dash.text
        assert "1 of 2" in dash.text
        await dash.press(pilot, "n")
        assert "2 of 2" in dash.text
        assert any("▌" in line and "BATCH 7 again" in line for line in dash.text.split("\n"))
        await dash.press(pilot, "N")
        assert "1 of 2" in dash.text
        await dash.press(pilot, "escape")
        assert dash.is_on(JobScreen)
        assert "of 2" not in dash.text

    play_jobs(scenario, "demo", keys=OPEN)


def test_what_is_not_found_is_said() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "slash", *"nowhere", "enter")
        assert "none" in dash.text
        assert "No message shown holds that" in dash.toasts[-1]

    play_jobs(scenario, "demo", keys=OPEN)


def test_a_running_job_is_followed_until_a_person_scrolls_up() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, long_log(200))
        await pilot.pause()
        assert "F follows the end" in dash.text
        assert "Batch 199 " in dash.text
        say(dash, long_log(300))
        await pilot.pause()
        assert "Batch 299 " in dash.text
        await dash.press(pilot, "k")
        assert "F stands still" in dash.text
        say(dash, long_log(400))
        await pilot.pause()
        assert "Batch 399 " not in dash.text
        await dash.press(pilot, "G")
        assert "F follows the end" in dash.text
        say(dash, long_log(500))
        await pilot.pause()
        assert "Batch 499 " in dash.text
        await dash.press(pilot, "F")
        say(dash, long_log(600))
        await pilot.pause()
        assert "Batch 599 " not in dash.text

    play_jobs(scenario, keys=OPEN, first=starts("Good"), size=WIDE)


def test_a_job_that_ended_is_not_followed() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, long_log(200))
        await dash.press(pilot, "G")
        say(dash, long_log(200), RunState.SUCCESS)
        await pilot.pause()
        assert "follows the end" not in dash.text
        await dash.press(pilot, "F")
        assert "no more messages come" in dash.toasts[-1]

    play_jobs(scenario, keys=OPEN, first=starts("Good"))


def test_the_messages_of_a_running_job_are_read_again_by_themselves() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.sync(pilot)
        before = detail(dash).log_view.line_count
        await dash.read_again(pilot, 90)
        assert detail(dash).log_view.line_count > before
        assert "✓ ok" in dash.text

    play_jobs(scenario, keys=OPEN, first=starts("Good"))


def test_of_a_long_log_only_what_is_on_screen_is_drawn() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        say(dash, long_log())
        await pilot.pause()
        view = detail(dash).log_view
        assert view.line_count == MANY + MANY // 100
        before = view.lines_painted
        await dash.press(pilot, "pagedown")
        assert view.lines_painted - before <= 2 * view.size.height
        before = view.lines_painted
        detail(dash).redraw_all()
        await pilot.pause()
        assert view.lines_painted == before

    play_jobs(scenario, "demo", keys=OPEN)


def test_messages_are_copied_and_too_many_are_refused_in_words() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "C")
        assert dash.toasts[-1] == "Messages sent to clipboard"
        assert "tool 3\n  error: Error opening the query: [42P01] Table" in dash.app.clipboard
        say(dash, long_log())
        await dash.press(pilot, "C")
        assert "too long" in dash.toasts[-1]
        assert len(dash.app.clipboard) < CLIPBOARD_BYTES

    play_jobs(scenario, "demo", keys=OPEN)


def test_a_job_that_is_gone_keeps_what_was_known_and_says_so() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        job = detail(dash).job
        assert job is not None
        dash.jobs.store.apply(dash.jobs.scope, Kind.JOB, "", (), removed=[job.id])
        await pilot.pause()
        assert "The server has this job no more" in dash.text
        assert "Good" in dash.text
        assert "(x cancel)" in dash.line(-1)

    play_jobs(scenario, keys=OPEN, first=starts("Good"))


def test_a_job_that_went_between_list_and_read_is_said_to_be_gone() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "j")
        row = dash.app.screen.row  # type: ignore[attr-defined]  # the list of jobs
        async with dash.ayx.client() as http:
            assert (await http.delete(f"v3/jobs/{row.job.id}")).status_code == 200
        await dash.press(pilot, "enter")
        await dash.sync(pilot)
        assert dash.is_on(JobScreen)
        assert "The server has this job no more" in dash.text

    play_jobs(scenario, first=starts("Good", "Bad"))


def test_brackets_go_through_the_list_in_its_order() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        first = detail(dash).ref
        assert "job 1 of " in dash.line(2)
        await dash.press(pilot, "left_square_bracket")
        assert "first job of the list" in dash.toasts[-1]
        await dash.press(pilot, "right_square_bracket")
        await dash.sync(pilot)
        assert "job 2 of " in dash.line(2)
        assert detail(dash).ref != first
        await dash.press(pilot, "left_square_bracket")
        assert detail(dash).ref == first

    play_jobs(scenario, "demo", keys=OPEN)


def test_the_link_of_a_job_leads_to_the_jobs_of_its_workflow() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "L")
        assert dash.is_on(JobsScreen)

    play_jobs(scenario, "demo", keys=OPEN)


def test_a_waiting_job_says_its_place_and_that_no_message_came() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "j", "j", "enter")
        await dash.sync(pilot)
        assert "No message yet: it waits." in dash.text
        assert "2nd in line" in dash.text

    play_jobs(scenario, "demo")


def test_full_gives_the_messages_or_the_facts_the_whole_body() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "f")
        assert "Facts" not in dash.text
        assert "Messages" in dash.text
        await dash.press(pilot, "f", "tab", "f")
        assert "Facts" in dash.text
        assert "Messages" not in dash.text
        await dash.press(pilot, "escape")
        assert "Messages" in dash.text

    play_jobs(scenario, "demo", keys=OPEN)


def test_text_longer_than_the_screen_scrolls_without_scroll_bars() -> None:
    async def scenario(dash: JobsDashboard, pilot: Pilot[None]) -> None:
        await dash.press(pilot, "y")
        view = dash.app.screen.query_one("#raw-body")
        assert view.max_scroll_y > 0
        await dash.press(pilot, "G")
        assert view.scroll_offset.y == view.max_scroll_y
        await dash.press(pilot, "k")
        assert view.scroll_offset.y == view.max_scroll_y - 1

    play_jobs(scenario, "demo", keys=OPEN, size=(80, 24))
