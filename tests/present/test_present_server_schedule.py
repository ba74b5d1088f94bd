"""Schedules that run workflows: their cadence with its zone, their pane in their server's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.facts import ScheduleFacts, Verdict
from qsui.domain.models import Kind, QueryError, Schedule
from qsui.domain.states import ScheduleState
from qsui.domain.views import ScheduleView
from qsui.present import panes
from qsui.present.cadence_zone import cadence_cell_words
from qsui.present.columns import SERVER_SCHEDULE_COLUMNS, fit_columns, schedule_cells
from qsui.present.role import Role, plain
from qsui.present.text import width_of
from tests.present.jobs_made import CTX, HOSTILE, NOW, ago, ref

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qsui.present.role import PaneLine

NEXT = NOW + timedelta(minutes=47)
SCHEDULE = Schedule(
    ref("6a20eaa8f0116d377f15ce15", Kind.SCHEDULE),
    "CRM nightly",
    ScheduleState.ENABLED,
    "Active",
    "0 6 * * *",
    owner="Jean Dupont",
    runs_workflow=True,
    workflow_id="69758a26aaaabbbbccccde41",
    workflow_name="CRM_refresh",
    cadence_words="Daily at 06:00",
    time_zone="Europe/Paris",
    next_run_at=NEXT,
    last_run_at=ago(60),
    priority="Medium",
    worker_tag="gpu",
)
FACTS = ScheduleFacts(
    Verdict.OK,
    history_read=True,
    next_fire_at=NEXT,
    median=timedelta(minutes=9),
    ok_ratio=0.97,
    known_runs=12,
)


def said(lines: Iterable[PaneLine]) -> dict[str, str]:
    return {label: plain(spans) for label, spans in lines if label}


def pane(
    schedule: Schedule = SCHEDULE, facts: ScheduleFacts = FACTS, **more: int
) -> dict[str, str]:
    return said(panes.schedule_pane(schedule, facts, None, CTX, **more))


@pytest.mark.parametrize(
    ("changes", "width", "words"),
    [
        ({}, 20, "every day 06:00 CEST"),
        ({}, 16, "daily 06:00 CEST"),
        ({"cron": "20 6 * * 1-5"}, 20, "Mon-Fri 06:20 CEST"),
        ({"time_zone": ""}, 16, "every day 06:00"),
        ({"time_zone": "UTC"}, 16, "every day 06:00"),
        ({"cron": "*/15 * * * *"}, 16, "every 15 min"),
        ({"cron": "*/15 * * * *", "time_zone": "Asia/Kolkata"}, 20, "every 15 min IST"),
        ({"time_zone": "Mars Time"}, 30, "every day 06:00 Mars Time"),
        ({"cron": ""}, 20, "Daily at 06:00 CEST"),
        ({"cron": "", "cadence_words": "Weekly on Monday, Thursday at 22:10"}, 20,
         "Mon, Thu 22:10 CEST"),
        ({"cron": "", "cadence_words": "Every 0 hours 20 minutes", "time_zone": ""}, 16,
         "Every 20 minutes"),
        ({"cron": "", "cadence_words": "Every 0 hours 1 minutes", "time_zone": ""}, 16,
         "Every minute"),
        ({"cron": "", "cadence_words": "Every 10 hours 11 minutes", "time_zone": ""}, 30,
         "Every 10 hours 11 minutes"),
        ({"cron": "30 6 * * 1-5"}, 16, "Mon-Fri 06:30 CEST"),
        ({"cron": "", "cadence_words": "Every weekday at 05:00"}, 16, "weekdays 05:00 CEST"),
        ({"cron": "", "cadence_words": "Every 10 minutes"}, 20, "Every 10 minutes"),
        ({"cron": "", "cadence_words": "Every weekday at 05:00"}, 20, "weekdays 05:00 CEST"),
        ({"cron": "", "cadence_words": ""}, 20, ""),
    ],
)  # fmt: skip
def test_a_cadence_names_the_zone_it_counts_in(
    changes: dict[str, str], width: int, words: str
) -> None:
    assert cadence_cell_words(replace(SCHEDULE, **changes), CTX, width) == words  # type: ignore[arg-type]  # parametrized


def test_a_schedule_of_queries_counts_in_utc_whatever_else_it_says() -> None:
    other = replace(SCHEDULE, runs_workflow=False)
    assert cadence_cell_words(other, CTX, 16) == "every day 06:00"


def test_the_row_gives_the_servers_next_run() -> None:
    fitted = fit_columns(SERVER_SCHEDULE_COLUMNS, 120)
    made = schedule_cells(ScheduleView(SCHEDULE, FACTS), CTX, fitted)
    texts = {column.id: cell.text for (column, _), cell in zip(fitted, made, strict=True)}
    assert (texts["next"], texts["cadence"]) == ("47m", "every day 06:00 CEST")


def test_the_pane_speaks_of_jobs() -> None:
    assert pane(sharing=2) == {
        "Workflow": "CRM_refresh   id 69758a26…de41",
        "Cadence": "every day at 06:00 Europe/Paris (CEST)   0 6 * * *   "
        "the server: Daily at 06:00",
        "Next": "Thu 04 Jun 03:59Z, in 47m",
        "Last ran": "Thu 04 Jun 02:12Z",
        "Jobs": "12 jobs of its workflow known, 97% ok in 30 days, median 9m00",
        "Priority": "Medium   worker gpu",
        "Owner": "Jean Dupont   id 6a20eaa8…ce15",
    }


def test_schedules_that_share_a_workflow_say_so() -> None:
    def lines(sharing: int, facts: ScheduleFacts = FACTS) -> str:
        shown = panes.schedule_pane(SCHEDULE, facts, None, CTX, sharing=sharing)
        return "\n".join(plain(spans) for _, spans in shown)

    assert "3 schedules run this workflow" in lines(3)
    assert "run this workflow" not in lines(1)
    assert "run this workflow" not in lines(3, replace(FACTS, known_runs=0))


def test_a_cadence_that_is_only_told_in_words_says_whose_words() -> None:
    told = replace(SCHEDULE, cron="")
    assert pane(told)["Cadence"] == "Daily at 06:00  Europe/Paris (CEST)   in the server's words"
    assert pane(replace(told, cadence_words=""))["Cadence"] == "– not told by the server"
    odd = replace(SCHEDULE, time_zone="Mars")
    assert "Mars (not a zone that we know)" in pane(odd)["Cadence"]


def test_a_next_run_that_the_server_does_not_say_is_likely() -> None:
    assert "likely by its cadence" in pane(replace(SCHEDULE, next_run_at=None))["Next"]
    assert pane(facts=replace(FACTS, next_fire_at=None))["Next"] == "– no run ahead"
    local = replace(CTX, local=ZoneInfo("Europe/Paris"))
    shown = said(panes.schedule_pane(SCHEDULE, FACTS, None, local))
    assert shown["Next"] == "Thu 04 Jun 03:59Z, 05:59 Paris, in 47m"


def test_an_error_that_the_server_keeps_is_shown_unless_a_job_tells_more() -> None:
    kept = replace(SCHEDULE, last_error="The workflow\nwas not found")
    failed = replace(FACTS, verdict=Verdict.FAILED)
    shown = panes.schedule_pane(kept, failed, None, CTX)
    assert shown[0] == ("Error", (("The workflow was not found", Role.TEXT),))
    assert plain(shown[1][1]) == "kept by the server of its last run at Thu 04 Jun 02:12Z"
    error = QueryError("", "", "ODBC: no such table", "ODBC: no such table")
    assert said(panes.schedule_pane(kept, failed, error, CTX))["Error"] == "ODBC: no such table"


def test_a_deleted_workflow_and_a_key_that_may_not_edit_are_told() -> None:
    shown = pane(replace(SCHEDULE, workflow_id="", can_edit=False))
    assert shown["Workflow"] == "deleted: there is nothing that it could run"
    assert shown["Changes"] == "this key may not change it"


def test_a_narrow_screen_shows_the_kept_error() -> None:
    fitted = fit_columns(SERVER_SCHEDULE_COLUMNS, 50)
    failed = ScheduleView(
        replace(SCHEDULE, last_error="no such workflow"), replace(FACTS, verdict=Verdict.FAILED)
    )
    assert schedule_cells(failed, CTX, fitted)[2].text == "no such workflow"


@given(text=st.text(max_size=80) | st.just(HOSTILE), width=st.integers(4, 40))
def test_no_text_of_a_server_gets_through_or_over(text: str, width: int) -> None:
    odd = replace(
        SCHEDULE,
        name=text,
        cron="",
        cadence_words=text,
        time_zone=text,
        workflow_name=text,
        workflow_id=text,
        last_error=text,
        priority=text,
        worker=text,
        owner=text,
    )
    for schedule in (odd, replace(odd, cron=text)):
        assert cadence_cell_words(schedule, CTX, width).isprintable()
        shown = panes.schedule_pane(schedule, FACTS, None, CTX)
        assert all(piece.isprintable() for _, line in shown for piece, _ in line)
        assert width_of(plain(panes.schedule_title(schedule, FACTS, CTX))) < 2_000
