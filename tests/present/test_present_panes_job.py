"""What panes and details say about jobs and workflows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.jobs import JobOutput, Severity
from qsui.domain.states import RunState
from qsui.present import panes_job, panes_workflow
from qsui.present.job_view import JobViews, WorkflowView
from qsui.present.job_words import result_span
from qsui.present.panes_job import OUTPUTS_SHOWN, log_words
from qsui.present.role import PaneLine, Role, plain
from tests.present.jobs_made import (
    BIG,
    CRM,
    CTX,
    HOSTILE,
    NOW,
    SALES,
    ago,
    job,
    median_of,
    message,
    queue,
    view,
    workflow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qsui.domain.jobs import Job

PARIS = ZoneInfo("Europe/Paris")


def said(lines: Iterable[PaneLine]) -> dict[str, str]:
    return {label: plain(spans) for label, spans in lines if label}


def test_a_waiting_job_says_since_when_for_what_and_until_when() -> None:
    shown = said(panes_job.job_pane(JobViews(queue(), median_of).of(CRM), queue(), CTX))
    assert shown == {
        "Queued": "Thu 04 Jun 02:34Z  waits for 38m00",
        "Waits for": "a slot: adhoc_big_join (unknown) and Daily_Sales (~9m) hold both",
        "Place": "2nd in line, 1 ahead, by priority",
        "Likely": "starts ~Thu 04 Jun 03:31Z, in ~19m, from the medians of the job ahead and "
        "those at work",
        "Priority": "Medium   no worker named",
        "By": "jd@acme.test   by hand or by a schedule: not known",
        "Log": "not read yet",
        "Job id": "j-3",
    }


def test_times_stand_in_utc_and_local() -> None:
    local = replace(CTX, local=PARIS)
    shown = said(panes_job.job_pane(view(CRM), queue(), local))
    assert shown["Queued"] == "Thu 04 Jun 02:34Z, 04:34 Paris  waits for 38m00"
    late = replace(CRM, queued_at=ago(5 * 60))
    assert said(panes_job.job_pane(view(late), None, local))["Queued"].startswith(
        "Wed 03 Jun 22:12Z, Thu 04 Jun 00:12 Paris"
    )


def test_a_failed_job_says_why_first_and_shows_the_servers_word() -> None:
    failed = job(
        RunState.FAILED,
        disposition="Error",
        started_at=ago(10),
        ended_at=ago(8),
        messages=(message(Severity.ERROR, "no such table"),),
    )
    shown = panes_job.job_pane(view(failed), None, CTX)
    assert shown[0] == ("What failed", (("tool 18: no such table", Role.TEXT),))
    words = said(shown)
    assert words["Server says"] == "status Completed, outcome Error"
    assert words["Ran"] == "from Thu 04 Jun 03:02Z to 03:04:38Z, took 2m00"
    assert words["Log"] == "1 error"
    facts, lines = panes_job.job_head(view(failed), CTX)
    assert plain(facts[0]) == " ✗ failed "
    assert [(label, plain(words)) for label, words in lines] == [
        ("What failed", "tool 18: no such table"),
        ("Server says", "status Completed, outcome Error"),
    ]


def test_a_job_without_an_outcome_warns_of_the_servers_word() -> None:
    ended = job(RunState.ENDED)
    words = said(panes_job.job_pane(view(ended), None, CTX))
    assert words["Outcome"] == "outcome not read: a failed job reads Completed too"
    assert words["Server says"] == "status Completed, no outcome"
    facts, lines = panes_job.job_head(view(ended), CTX)
    assert all(
        role is not Role.OK for line in (*facts, *(words for _, words in lines)) for _, role in line
    )


def test_a_head_says_since_when_and_names_its_person_in_short() -> None:
    def facts(one: Job) -> list[str]:
        return [plain(fact) for fact in panes_job.job_head(view(one), CTX)[0]]

    waiting = replace(CRM, submitted_by="j.dupont@acme.example")
    assert facts(waiting) == [
        " ⋯ queued ",
        "since 02:34:38Z",
        "waits 38m00",
        "by j.dupont",
    ]
    assert facts(SALES)[1] == "started 02:50:38Z"
    yesterday = replace(SALES, started_at=NOW - timedelta(days=1))
    assert facts(yesterday)[1] == "started Wed 03 Jun 03:12Z"
    assert facts(replace(SALES, submitted_by="@odd"))[-1] == "by @odd"


def test_times_that_were_only_seen_say_so() -> None:
    seen = replace(SALES, times_are_seen=True)
    words = said(panes_job.job_pane(view(seen, median=median_of("w-sales")), None, CTX))
    assert words["Ran"] == "seen from Thu 04 Jun 02:50Z, for 22m00, likely until ~03:21Z"
    untold = job(RunState.RUNNING, started_at=None)
    assert (
        said(panes_job.job_pane(view(untold), None, CTX))["Ran"]
        == "the server does not say since when, at most 38m ago"
    )
    assert (
        said(panes_job.job_pane(view(job(RunState.SUCCESS)), None, CTX))["Ran"]
        == "the server does not say when"
    )


def test_a_run_away_shines_in_title_head_and_pane() -> None:
    stuck = view(BIG, runs_away=True, median=timedelta(minutes=14))
    assert panes_job.job_title(stuck, CTX)[-1] == ("▸ slow 3h10", Role.WARN)
    head = panes_job.job_head(stuck, CTX)[0]
    assert head[0] == ((" ▸ slow ", Role.CHIP_WARN),)
    assert any(("3h10", Role.WARN) in fact for fact in head)
    assert "median 14m00" in said(panes_job.job_pane(stuck, None, CTX))["Ran"]


def test_a_title_names_workflow_time_and_state() -> None:
    assert plain(panes_job.job_title(view(CRM), CTX)) == (
        "CRM_refresh  queued Thu 04 Jun 02:34Z  ⋯ queued 38m"
    )


def test_outputs_are_listed_and_counted() -> None:
    files = tuple(JobOutput(f"{n}", f"f{n}.csv", ("Csv", "Zip")) for n in range(OUTPUTS_SHOWN + 3))
    lines = panes_job.output_lines(job(RunState.SUCCESS, outputs=files), CTX)
    assert lines[0] == ("Outputs", (("f0.csv", Role.TEXT), ("  Csv, Zip", Role.MUTED)))
    assert plain(lines[-1][1]) == "and 3 more"
    none = panes_job.output_lines(job(RunState.SUCCESS, outputs=()), CTX)
    assert plain(none[0][1]) == "– none"
    assert plain(panes_job.output_lines(job(RunState.SUCCESS), CTX)[0][1]) == "not read yet"


def test_an_empty_log_is_not_one_that_was_not_read() -> None:
    assert log_words(job(RunState.SUCCESS)) == "not read yet"
    assert log_words(job(RunState.SUCCESS, messages=())) == "no messages"
    assert log_words(job(RunState.RUNNING, messages=())) == "empty so far"


def test_warnings_are_counted_where_the_log_was_read() -> None:
    def outcome(**more: Any) -> str:
        return said(panes_job.job_pane(view(job(RunState.WARNING, **more)), None, CTX))["Outcome"]

    assert outcome() == "ok, with warnings, log not read yet"
    assert outcome(messages=()) == "ok, with warnings"
    assert outcome(messages=(message(Severity.WARNING, "x"),) * 2) == "ok, 2 warnings"


def test_a_workflow_says_why_its_newest_job_failed() -> None:
    failed = job(RunState.FAILED, messages=(message(Severity.ERROR, "no such table"),))
    known = WorkflowView(
        workflow(owner="Jean Dupont", version=3, worker_tag="gpu", comments="nightly"),
        failed,
        median=timedelta(minutes=9),
        schedules=2,
        next_at=NOW + timedelta(minutes=47),
        active=1,
    )
    assert plain(panes_workflow.workflow_title(known, CTX)) == "CRM_refresh  ✗ failed"
    assert said(panes_workflow.workflow_pane(known, CTX)) == {
        "What failed": "tool 18: no such table",
        "Last ran": "Thu 04 Jun 02:34Z, median 9m00   1 job going",
        "Schedules": "2, next run Thu 04 Jun 03:59Z",
        "Owner": "Jean Dupont   worker gpu   version 3",
        "About": "nightly",
        "Id": "w-crm",
    }


def test_what_is_not_read_of_a_workflow_is_not_none() -> None:
    unread = said(panes_workflow.workflow_pane(WorkflowView(workflow(), jobs_read=False), CTX))
    assert unread["Last ran"] == "its jobs were not read yet"
    assert unread["Schedules"] == "not read yet"
    bare = said(
        panes_workflow.workflow_pane(WorkflowView(workflow(can_run=False), schedules=0), CTX)
    )
    assert bare["Last ran"] == "no job of it is known"
    assert bare["Schedules"] == "– none: it runs by hand only"
    assert bare["Can run"] == "no: its published version may not be run"


@given(text=st.text(max_size=120) | st.just(HOSTILE), state=st.sampled_from(RunState))
def test_no_text_of_a_server_reaches_a_pane_raw(text: str, state: RunState) -> None:
    one = job(
        state,
        raw_state=text,
        disposition=text,
        workflow_name=text,
        priority=text,
        worker_tag=text,
        submitted_by=text,
        messages=(message(Severity.ERROR, text),),
        outputs=(JobOutput(text, text, (text,)),),
    )
    flow = WorkflowView(
        workflow(name=text, owner=text, comments=text, package=text, worker_tag=text), one
    )
    spans = [
        *panes_job.job_title(view(one), CTX),
        *(span for line in panes_job.job_head(view(one), CTX)[0] for span in line),
        *(span for _, line in panes_job.job_head(view(one), CTX)[1] for span in line),
        *(span for _, line in panes_job.job_pane(view(one), queue(one), CTX) for span in line),
        *panes_workflow.workflow_title(flow, CTX),
        *(span for _, line in panes_workflow.workflow_pane(flow, CTX) for span in line),
    ]
    assert all(piece.isprintable() for piece, _ in spans)


def test_a_log_that_is_not_known_whole_claims_no_counts_of_all() -> None:
    warned = job(RunState.WARNING, messages=(message(Severity.WARNING, "x"),), log_is_cut=True)
    assert result_span(view(warned), CTX)[0] == "ok, 1+ warnings"
    assert log_words(warned) == "1 warning, more not read yet"
    failed = job(RunState.FAILED, messages=(), log_is_cut=True)
    assert result_span(view(failed), CTX)[0] == "reason not read yet"
    assert said(panes_job.job_pane(view(failed), None, CTX))["What failed"] == "reason not read yet"
    assert log_words(failed) == "not read yet"
