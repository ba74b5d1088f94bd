"""Rows of jobs and workflows: what each state says, and that nothing stands over its column."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.jobs import JobOutput, Severity
from qsui.domain.queueing import queue_view
from qsui.domain.states import RunState
from qsui.present import job_words
from qsui.present.columns import fit_columns
from qsui.present.columns_job import (
    JOB_COLUMNS,
    JOB_SORTS,
    WORKFLOW_COLUMNS,
    WORKFLOW_JOB_COLUMNS,
    WORKFLOW_SORTS,
    job_cells,
    workflow_cells,
)
from qsui.present.job_view import JobView, JobViews, WorkflowView, newest
from qsui.present.job_words import ordinal
from qsui.present.role import Role
from qsui.present.signs import ASCII, UNICODE, Sign
from qsui.present.text import width_of
from qsui.tui.widgets.row_line import fit_cell
from tests.present.jobs_made import (
    BIG,
    CRM,
    CTX,
    HOSTILE,
    NOW,
    PACES,
    SALES,
    URGENT,
    ago,
    job,
    median_of,
    message,
    queue,
    view,
    workflow,
)

if TYPE_CHECKING:
    from qsui.present.layout import Column
    from qsui.present.role import Cell


def cells(of: JobView, width: int = 120) -> dict[str, Cell]:
    fitted = fit_columns(JOB_COLUMNS, width)
    made = job_cells(of, CTX, fitted)
    return {column.id: cell for (column, _), cell in zip(fitted, made, strict=True)}


def texts(of: JobView, width: int = 120) -> dict[str, str]:
    return {id: cell.text for id, cell in cells(of, width).items()}


def test_a_waiting_job_reads_as_in_the_design() -> None:
    views = JobViews(queue(), median_of)
    assert texts(views.of(CRM)) == {
        "state": "⋯ queued 38m",
        "name": "CRM_refresh",
        "waits": "38m",
        "runs": "–",
        "result": "2nd in line, ~03:31",
        "priority": "Medium",
        "worker": "–",
        "owner": "jd",
    }
    assert texts(views.of(URGENT))["result"].startswith("1st in line")


def test_a_job_at_work_says_when_it_likely_ends() -> None:
    said = texts(JobViews(queue(), median_of).of(SALES))
    assert said["state"] == "▸ runs 22m"
    assert (said["waits"], said["runs"]) == ("1m", "22m")
    assert said["result"] == "ends ~03:21"


def test_a_job_that_took_longer_than_usual_promises_no_end() -> None:
    late = replace(SALES, started_at=ago(35))
    assert texts(JobViews(queue(late), median_of).of(late))["result"] == "over ~31m"


def test_a_run_away_is_marked_in_three_places() -> None:
    shown = cells(JobViews(queue(), median_of).of(BIG))
    assert shown["state"].spans == (("▸ slow 3h10", Role.WARN),)
    assert shown["runs"].spans == (("3h10!", Role.WARN),)
    assert shown["result"].spans == (("median 14m", Role.WARN),)


def test_a_run_away_of_which_nothing_is_usual_says_so() -> None:
    assert texts(view(BIG, runs_away=True))["result"] == "no median known"


def test_a_failed_job_that_reads_completed_is_failed_with_its_tools_reason() -> None:
    failed = job(
        RunState.FAILED,
        messages=(
            message(Severity.INFO, "read 3 records"),
            message(Severity.ERROR, "The engine stopped", tool_id=-1),
            message(Severity.ERROR, "ODBC: no such\n table", tool_id=18),
        ),
    )
    shown = cells(view(failed))
    assert failed.raw_state == "Completed"
    assert shown["state"].spans == (("✗ failed", Role.ERROR),)
    assert shown["result"].text == "tool 18: ODBC: no such table"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Error opening the query: [42P01] Table a not found", "Table a not found"),
        ("Error SQLExecute: [Microsoft][ODBC Driver 17] Login failed", "Login failed"),
        ('Error opening "C:\\in.csv": no such file', 'Error opening "C:\\in.csv": no such file'),
        ("Error opening the query: ", "Error opening the query:"),
        ("[42P01]", "[42P01]"),
        ("Errors: 3", "Errors: 3"),
    ],
)
def test_a_cell_gives_the_reason_without_what_drivers_put_before_it(told: str, words: str) -> None:
    failed = job(RunState.FAILED, messages=(message(Severity.ERROR, told, tool_id=3),))
    assert cells(view(failed))["result"].text == f"tool 3: {words}"
    assert job_words.reason_of_job(failed) == f"tool 3: {' '.join(told.split())}"


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        (RunState.ENDED, {}, "outcome not read"),
        (RunState.FAILED, {}, "reason not read yet"),
        (RunState.FAILED, {"messages": ()}, "no error in its log"),
        (RunState.SUCCESS, {}, "ok"),
        (
            RunState.SUCCESS,
            {"outputs": (JobOutput("1", "a"), JobOutput("2", "b"))},
            "ok, 2 outputs",
        ),
        (RunState.WARNING, {}, "ok, warned"),
        (RunState.WARNING, {"messages": (message(Severity.WARNING, "x"),)}, "ok, 1 warning"),
        (RunState.CANCELLED, {}, "–"),
        (RunState.QUEUED, {}, "place not known"),
        (RunState.RUNNING, {}, "–"),
        (RunState.STARTING, {}, "–"),
    ],
)
def test_the_result_of_each_state(state: RunState, more: dict[str, Any], words: str) -> None:
    assert texts(view(job(state, **more)))["result"] == words


def test_what_ended_without_an_outcome_never_carries_the_sign_of_success() -> None:
    for signs in (UNICODE, ASCII):
        fitted = fit_columns(JOB_COLUMNS, 120)
        made = job_cells(view(job(RunState.ENDED)), replace(CTX, signs=signs), fitted)
        assert made[0].text == "? ended"
        assert signs.of(Sign.OK) not in made[0].text


def test_an_unknown_state_is_shown_as_sent() -> None:
    odd = replace(job(RunState.UNKNOWN), raw_state="Paused")
    assert texts(view(odd))["state"] == "? paused"


def test_old_rows_promise_no_start() -> None:
    fitted = fit_columns(JOB_COLUMNS, 120)
    made = job_cells(JobViews(queue(), median_of).of(CRM), replace(CTX, stale=True), fitted)
    assert "~" not in "".join(cell.text for cell in made)


def test_a_priority_gives_its_number_up_before_its_word() -> None:
    assert texts(view(replace(CRM, priority="Critical (3)")))["priority"] == "Critical"
    assert texts(view(replace(CRM, priority="Low (0)")))["priority"] == "Low (0)"


def test_who_started_it_is_a_guess_and_looks_like_one() -> None:
    fitted = fit_columns(JOB_COLUMNS, 220, wide=True)
    ids = [column.id for column, _ in fitted]
    for by_hand, words in ((True, "~hand"), (False, "~sched"), (None, "–")):
        made = job_cells(view(CRM, by_hand=by_hand), CTX, fitted)
        assert made[ids.index("by")].text == words


def test_jobs_of_one_workflow_stand_without_its_name() -> None:
    fitted = fit_columns(WORKFLOW_JOB_COLUMNS, 120)
    made = job_cells(view(CRM), CTX, fitted)
    said = {column.id: cell.text for (column, _), cell in zip(fitted, made, strict=True)}
    assert "name" not in said
    assert said["queued"] == "02:34"


def test_columns_drop_by_importance() -> None:
    kept = [[column.id for column, _ in fit_columns(JOB_COLUMNS, width)] for width in (80, 60, 59)]
    assert kept[0] == ["state", "name", "waits", "runs", "result"]
    assert kept[1] == ["state", "name", "waits", "runs"]
    assert kept[2] == ["state_narrow", "name", "why"]


def test_views_are_equal_while_only_time_passes() -> None:
    later = NOW + timedelta(seconds=5)
    jobs = (SALES, BIG, CRM, URGENT)
    before = JobViews(queue_view(jobs, PACES, NOW, slots_seen=2), median_of)
    after = JobViews(queue_view(jobs, PACES, later, slots_seen=2), median_of)
    assert [before.of(one) for one in jobs] == [after.of(one) for one in jobs]


def test_the_order_of_what_goes_on_is_work_then_queue_then_the_newest_past() -> None:
    old = job(RunState.SUCCESS, "j-8", queued_at=ago(500))
    new = job(RunState.FAILED, "j-9", queued_at=ago(3))
    views = JobViews(queue(), median_of)
    rows = [views.of(one) for one in (old, CRM, SALES, new, BIG, URGENT)]
    rows.sort(key=JOB_SORTS["line"])
    assert [row.job.id for row in rows] == ["j-2", "j-1", "j-4", "j-3", "j-9", "j-8"]


@pytest.mark.parametrize("key", JOB_SORTS)
def test_every_order_of_jobs_takes_what_is_not_known(key: str) -> None:
    bare = [
        view(job(state, f"j-{state}", queued_at=None, priority="", submitted_by=""))
        for state in RunState
    ]
    rows = [*bare, *(JobViews(queue(), median_of).of(one) for one in (SALES, BIG, CRM, URGENT))]
    assert len(sorted(rows, key=JOB_SORTS[key])) == len(rows)


def test_those_that_still_wait_longest_come_last_by_wait() -> None:
    done = replace(job(RunState.SUCCESS, "j-5"), started_at=ago(30))
    rows = [view(replace(CRM, queued_at=ago(2))), view(done), view(CRM)]
    rows.sort(key=JOB_SORTS["waits"])
    assert [row.job.queued_at for row in rows] == [ago(38), ago(2), ago(38)]


@pytest.mark.parametrize(
    ("place", "words"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_places_are_ordinals(place: int, words: str) -> None:
    assert ordinal(place) == words


# Workflows


def flow_texts(of: WorkflowView, width: int = 120) -> dict[str, str]:
    fitted = fit_columns(WORKFLOW_COLUMNS, width)
    made = workflow_cells(of, CTX, fitted)
    return {column.id: cell.text for (column, _), cell in zip(fitted, made, strict=True)}


def test_a_workflow_says_how_its_newest_job_is() -> None:
    last = replace(job(RunState.WARNING), started_at=ago(30), ended_at=ago(20))
    known = WorkflowView(
        workflow(owner="Jean Dupont", worker_tag="gpu"),
        last,
        median=timedelta(minutes=9),
        schedules=2,
        next_at=NOW + timedelta(minutes=47),
    )
    assert flow_texts(known, 140) == {
        "state": "✓ warned",
        "name": "CRM_refresh",
        "ran": "02:42",
        "median": "9m",
        "next": "47m",
        "schedules": "2",
        "owner": "Jean Dupont",
        "worker": "gpu",
        "result": "ok, warned",
    }


def test_a_workflow_without_jobs_is_not_run_but_blank_while_that_is_not_read() -> None:
    assert flow_texts(WorkflowView(workflow()))["state"] == "– not run"
    unread = flow_texts(WorkflowView(workflow(), jobs_read=False))
    assert (unread["state"], unread["ran"], unread["schedules"]) == ("", "", "")


def test_a_run_that_was_announced_long_ago_is_past() -> None:
    assert flow_texts(WorkflowView(workflow(), next_at=ago(10)))["next"] == "past"
    assert flow_texts(WorkflowView(workflow(), next_at=ago(0.5)))["next"] == "now"


def test_a_workflow_without_a_name_is_called_by_its_id() -> None:
    assert flow_texts(WorkflowView(workflow(id="6a204d8aa2f2e8a5d2edcfc6", name=" ")))["name"] == (
        "6a204d8a…cfc6"
    )


def test_the_job_at_work_tells_most_of_a_workflow() -> None:
    assert newest((CRM, SALES)) is SALES
    done, failed = job(RunState.SUCCESS, "a"), job(RunState.FAILED, "b", queued_at=ago(2))
    assert newest((done, failed)) is failed
    assert newest(()) is None


@pytest.mark.parametrize("key", WORKFLOW_SORTS)
def test_every_order_of_workflows_takes_what_is_not_known(key: str) -> None:
    rows = [
        WorkflowView(workflow()),
        WorkflowView(workflow(), CRM, schedules=2, next_at=NOW, median=timedelta(1)),
    ]
    assert len(sorted(rows, key=WORKFLOW_SORTS[key])) == 2


# Widths


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 112, 120, 200])
@pytest.mark.parametrize("columns", [JOB_COLUMNS, WORKFLOW_JOB_COLUMNS, WORKFLOW_COLUMNS])
def test_columns_never_take_more_than_the_width(columns: tuple[Column, ...], width: int) -> None:
    fitted = fit_columns(columns, width, wide=True)
    assert 3 + sum(w for _, w in fitted) + 2 * (len(fitted) - 1) <= width - 1 or len(fitted) == 1


@given(
    name=st.text(max_size=60) | st.just(HOSTILE),
    said=st.text(max_size=200) | st.just(HOSTILE),
    state=st.sampled_from(RunState),
    width=st.integers(8, 220),
    wide=st.booleans(),
)
def test_no_text_of_a_server_crashes_or_overflows_a_row(
    name: str, said: str, state: RunState, width: int, wide: bool
) -> None:
    one = job(
        state,
        workflow_name=name,
        priority=said,
        worker_tag=name,
        submitted_by=said,
        messages=(message(Severity.ERROR, said, tool_id=None),),
    )
    look = replace(CTX, signs=ASCII)
    for columns in (JOB_COLUMNS, WORKFLOW_JOB_COLUMNS):
        fitted = fit_columns(columns, width, wide=wide)
        for (_, room), cell in zip(fitted, job_cells(view(one), look, fitted), strict=True):
            assert all(piece.isprintable() for piece, _ in cell.spans)
            shown = "".join(piece for piece, _ in fit_cell(cell, room, look.signs.ellipsis))
            assert width_of(shown) <= room
    fitted = fit_columns(WORKFLOW_COLUMNS, width, wide=wide)
    flow = WorkflowView(workflow(name=name, owner=said, worker_tag=name, package=said), one)
    for (_, room), cell in zip(fitted, workflow_cells(flow, look, fitted), strict=True):
        assert all(piece.isprintable() for piece, _ in cell.spans)
        shown = "".join(piece for piece, _ in fit_cell(cell, room, look.signs.ellipsis))
        assert width_of(shown) <= room
