"""Rows, panes and states of lists, from records: what a person reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.facts import HistoryCell, Mark, ScheduleFacts, Verdict
from qsui.domain.models import Kind, Query, QueryError, Ref, Run, Schedule, Task
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.views import RunView, ScheduleView
from qsui.present import gantt, list_states, panes
from qsui.present.columns import (
    ALL_RUNS_COLUMNS,
    QUERY_COLUMNS,
    RUN_COLUMNS,
    SCHEDULE_COLUMNS,
    TASK_COLUMNS,
    Column,
    dropped_count,
    fit_columns,
    in_zone,
    query_cells,
    run_cells,
    schedule_cells,
    task_cells,
)
from qsui.present.layout import LookContext
from qsui.present.role import PaneLine, Role, plain
from qsui.present.signs import ASCII, Sign, SignSet, run_look, strip, verdict_look
from qsui.present.text import width_of
from qsui.tui.widgets.row_line import few_runs, fit_cell

NOW = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
CTX = LookContext(NOW)
REF = Ref("acme", "prod", Kind.SCHEDULE, "", "7a3f90c2-1111-2222-3333-44445555e41b")
SCHEDULE = Schedule(
    REF,
    "daily_profile_merge",
    ScheduleState.ENABLED,
    "ENABLED",
    "0 2 * * *",
    sql="INSERT INTO prof_daily SELECT 1",
    owner="tech-acct-7",
)
DUE = datetime(2026, 6, 4, 2, 0, tzinfo=UTC)
ERROR = QueryError(
    "42P01", "USER_ERROR", "table web_events not found", remedy="Check the table's name."
)
RUN = Run(
    Ref("acme", "prod", Kind.RUN, REF.id, "c2NoZWR1bGVk"),
    RunState.FAILED,
    "FAILED",
    slot_at=DUE - timedelta(days=1),
    decoded_id="scheduled__2026-06-03T02:00:00+00:00",
    is_manual=False,
    tasks=(
        Task(
            "6k02fpt8wz",
            RunState.SUCCESS,
            "SUCCESS",
            DUE + timedelta(seconds=62),
            DUE + timedelta(seconds=126),
        ),
        Task(
            "7omob151bm",
            RunState.FAILED,
            "FAILED",
            DUE + timedelta(seconds=128),
            DUE + timedelta(seconds=434),
            message="Processing Failed",
        ),
        Task("9kd02mmz1a", RunState.QUEUED, "SUBMITTED"),
    ),
    error=ERROR,
)
QUERY = Query(
    Ref("acme", "prod", Kind.QUERY, "", "4d64cd49-cf8f-463a-a182-54bccb9954fc"),
    RunState.SUCCESS,
    "SUCCESS",
    sql="SELECT *\n  FROM accounts",
    elapsed=timedelta(seconds=9),
    row_count=1_204_118,
    client="API",
    user="jd",
    created_at=NOW - timedelta(hours=1),
)
STRIP = tuple(HistoryCell(Mark.OK, 1.0) for _ in range(14)) + tuple(
    HistoryCell(Mark.FAILED) for _ in range(6)
)
FACTS = ScheduleFacts(
    Verdict.FAILED,
    since=DUE - timedelta(days=5),
    streak=6,
    history=STRIP,
    history_read=True,
    last_final=RUN,
    next_fire_at=NOW + timedelta(hours=22, minutes=47),
    median=timedelta(minutes=18),
    start_lag=timedelta(seconds=61),
    ok_ratio=0.8,
    known_runs=30,
)


def texts(facts: ScheduleFacts, ctx: LookContext = CTX, width: int = 120) -> dict[str, str]:
    fitted = fit_columns(SCHEDULE_COLUMNS, width)
    cells = schedule_cells(ScheduleView(SCHEDULE, facts), ctx, fitted)
    return {column.id: cell.text for (column, _), cell in zip(fitted, cells, strict=True)}


def test_a_failing_schedule_reads_as_in_the_design() -> None:
    assert texts(FACTS) == {
        "state": "✗ failed 6",
        "name": "daily_profile_merge",
        "history": "▂" * 14 + "✗" * 6,
        "next": "22h47",
        "cadence": "every day 02:00",
        "median": "18m",
        "lag": "1m",
        "ok": "80%",
        "owner": "tech-acct-7",
    }


MINUTES_14 = NOW - timedelta(minutes=14)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ScheduleFacts(Verdict.FAILED, streak=1), "✗ failed"),
        (replace(FACTS, last_final=replace(RUN, state=RunState.TIMEOUT)), "∙ timed out"),
        (ScheduleFacts(Verdict.MISSED, missed=2), "! missed 2"),
        (ScheduleFacts(Verdict.LATE, since=MINUTES_14), "! late 14m"),
        (ScheduleFacts(Verdict.HELD, since=MINUTES_14), "! held 14m"),
        (ScheduleFacts(Verdict.SLOW, since=NOW - timedelta(minutes=41)), "▸ slow 41m"),
        (ScheduleFacts(Verdict.RUNNING, since=NOW - timedelta(hours=3)), "▸ runs 3h00"),
        (ScheduleFacts(Verdict.QUEUED, since=NOW - timedelta(hours=3)), "⋯ wait 3h00"),
        (ScheduleFacts(Verdict.REGISTERING, since=NOW - timedelta(minutes=2)), "◊ new 2m"),
        (ScheduleFacts(Verdict.UNKNOWN, due_at=DUE), "? due 02:00"),
        (ScheduleFacts(Verdict.UNREAD), "? not read"),
        (ScheduleFacts(Verdict.OK), "✓ ok"),
        (ScheduleFacts(Verdict.OFF, since=NOW - timedelta(days=3)), "◦ off 3d"),
        (ScheduleFacts(Verdict.ENDED), "◦ ended"),
        (ScheduleFacts(Verdict.DELETED), "– deleted"),
    ],
)
def test_every_verdict_has_its_words(facts: ScheduleFacts, words: str) -> None:
    assert texts(facts)["state"] == words
    assert len(words) <= 12


def test_a_schedule_that_has_not_begun_says_when_it_will() -> None:
    seen = ScheduleView(
        replace(SCHEDULE, start_at=datetime(2026, 6, 9, tzinfo=UTC)),
        ScheduleFacts(Verdict.NOT_BEGUN),
    )
    cells = schedule_cells(seen, CTX, fit_columns(SCHEDULE_COLUMNS, 120))
    assert cells[0].text == "◦ from 9 Jun"


def test_old_rows_make_no_claims_that_time_would_change() -> None:
    stale = replace(CTX, stale=True)
    late = ScheduleFacts(Verdict.LATE, due_at=DUE, since=DUE)
    assert texts(late, stale)["state"] == "? due 02:00"
    running = ScheduleFacts(Verdict.RUNNING, since=DUE)
    assert texts(running, stale)["state"] == "? ran 02:00"
    assert texts(FACTS, stale)["state"] == "✗ failed 6"


def test_not_read_is_blank_and_none_is_a_dash() -> None:
    unread, none = (texts(ScheduleFacts(Verdict.OK, history_read=read)) for read in (False, True))
    for id in ("history", "median", "lag", "ok"):
        assert unread[id] == ""
        assert none[id] == "–"
    assert none["next"] == "–"


def test_a_strip_has_few_pieces_and_ascii_replaces_one_for_one() -> None:
    mixed = tuple(HistoryCell(Mark.FAILED if i % 2 else Mark.OK, 1.0) for i in range(20))
    spans = strip(mixed, SignSet())
    assert len(spans) <= 4
    assert plain(spans) == "▂✗" * 10
    assert spans[-1] == ("✗", Role.ERROR)
    assert plain(strip(mixed, ASCII)) == ".x" * 10
    missed = strip((HistoryCell(Mark.OK), HistoryCell(Mark.NO_RUN)), SignSet(), missed=True)
    assert missed[-1] == ("–", Role.ERROR)
    heights = [HistoryCell(Mark.OK, r) for r in (0.3, 1.0, 1.3, 2.0, 3.0)]
    assert plain(strip(heights, SignSet())) == "▁▂▃▅▇"


def test_every_state_and_sign_has_a_look() -> None:
    for state in RunState:
        assert len(run_look(state).narrow) <= 4
    for verdict in Verdict:
        assert len(verdict_look(verdict).narrow) <= 4
    for sign in Sign:
        assert sign.value[1].isascii()
        assert len(sign.value[0]) == len(sign.value[1]) == 1


def ids(columns: tuple[Column, ...], width: int, *, wide: bool = False) -> list[str]:
    return [column.id for column, _ in fit_columns(columns, width, wide=wide)]


def test_what_stands_last_drops_first() -> None:
    all_of_them = ["state", "name", "history", "next", "cadence", "median", "lag", "ok", "owner"]
    assert ids(SCHEDULE_COLUMNS, 120) == all_of_them
    assert ids(SCHEDULE_COLUMNS, 80) == all_of_them[:5]
    assert {c.id: w for c, w in fit_columns(SCHEDULE_COLUMNS, 80)}["history"] == 12
    assert ids(SCHEDULE_COLUMNS, 50) == ["state_narrow", "name", "why"]
    assert ids(SCHEDULE_COLUMNS, 200, wide=True)[-1] == "end"
    assert ids(RUN_COLUMNS, 80) == ["state", "due", "start", "took", "x_median", "error"]
    assert "error" in ids(ALL_RUNS_COLUMNS, 100)
    assert ids(QUERY_COLUMNS, 80)[:2] == ["state", "sql"]
    skipped = [c.id for c, _ in fit_columns(SCHEDULE_COLUMNS, 80, skip=3)]
    assert skipped == ["state", "name", "median", "lag", "ok", "owner"]
    assert dropped_count(SCHEDULE_COLUMNS, 80) == 4


@given(st.integers(-3, 300), st.booleans(), st.integers(0, 20))
def test_columns_fit_any_width(width: int, wide: bool, skip: int) -> None:
    for columns in (SCHEDULE_COLUMNS, RUN_COLUMNS, ALL_RUNS_COLUMNS, QUERY_COLUMNS, TASK_COLUMNS):
        fitted = fit_columns(columns, width, wide=wide, skip=skip)
        used = sum(size for _, size in fitted) + 2 * max(0, len(fitted) - 1)
        assert used <= max(0, width - 4)


def test_heads_name_the_zone_where_there_is_room() -> None:
    zoned = {c.id: c.title for c in in_zone(RUN_COLUMNS, ZoneInfo("Europe/Paris"), NOW)}
    assert zoned["due"] == "Due, Paris"
    assert zoned["start"] == "Start"
    assert in_zone(RUN_COLUMNS, UTC, NOW) == RUN_COLUMNS


def test_a_failed_run_reads_with_its_reason() -> None:
    fitted = fit_columns(RUN_COLUMNS, 140)
    view = RunView(RUN, SCHEDULE, DUE, timedelta(seconds=62))
    ctx = replace(CTX, median_of=lambda _: timedelta(minutes=18))
    cells = run_cells(view, ctx, fitted)
    shown = {column.id: cell.text for (column, _), cell in zip(fitted, cells, strict=True)}
    assert shown == {
        "state": "✗ failed",
        "due": "02:00",
        "start": "02:01:02",
        "took": "6m",
        "x_median": "0.3x",
        "by": "sched",
        "tasks": "1/3",
        "error": "table web_events not found",
    }


def test_a_query_reads_by_its_sql() -> None:
    fitted = fit_columns(QUERY_COLUMNS, 120)
    shown = {
        c.id: cell.text
        for (c, _), cell in zip(fitted, query_cells(QUERY, CTX, fitted), strict=True)
    }
    assert shown["sql"] == "SELECT * FROM accounts"
    assert (shown["took"], shown["rows"], shown["created"]) == ("9s", "1.2M", "02:12")


def test_tasks_stand_on_one_time_scale() -> None:
    fitted = fit_columns(TASK_COLUMNS, 100)
    assert RUN.tasks is not None
    lines = [task_cells(task, RUN, DUE, CTX, fitted) for task in RUN.tasks]
    bars = [line[-1].text for line in lines]
    assert bars[0].startswith("·")
    assert bars[0].endswith("━")
    assert bars[1].endswith("✗")
    assert len(bars[1]) == fitted[-1][1]
    assert bars[2].startswith("never started")
    assert lines[2][0].text == "– not run"


@pytest.mark.parametrize("width", range(4))
def test_bars_of_no_width_are_harmless(width: int) -> None:
    assert RUN.tasks is not None
    for task in RUN.tasks[:2]:
        assert len(plain(gantt.task_bar(task, RUN, DUE, CTX, width))) <= max(0, width)


def lines_of(pane: tuple[PaneLine, ...]) -> dict[str, str]:
    return {label: plain(spans) for label, spans in pane if label}


def test_the_pane_of_a_schedule_says_what_failed_and_what_to_do() -> None:
    shown = lines_of(panes.schedule_pane(SCHEDULE, FACTS, ERROR, CTX))
    assert shown["Error"] == "table web_events not found"
    assert shown["Do"] == "Check the table's name."
    assert shown["Cadence"] == "every day at 02:00 UTC   0 2 * * *"
    assert shown["Next"] == "Fri 05 Jun 01:59Z in 22h47"
    assert shown["Start lag"].startswith("1m01 median of 30")
    assert shown["Writes"] == "prof_daily by INSERT"
    assert "id 7a3f90c2…e41b" in shown["Owner"]
    title = plain(panes.schedule_title(SCHEDULE, FACTS, CTX))
    assert title == "daily_profile_merge  ✗ failed 6 in a row"


def test_the_head_of_a_run_says_state_start_and_length() -> None:
    head = panes.run_head(RUN, SCHEDULE, DUE, FACTS, CTX)
    assert plain(head[0]) == (
        " ✗ failed   started 02:01:02Z 1m02 after due   ran 6m12 0.3x median   by schedule"
    )
    shown = lines_of(panes.error_lines(RUN, SCHEDULE, CTX))
    assert shown["What failed"] == "table web_events not found"
    assert shown["Where"] == "task 7omob151bm, daily_profile_merge, sandbox prod"
    assert shown["Type"] == "USER_ERROR 42P01"
    assert lines_of(panes.ids_lines(RUN, CTX))["Decoded"] == RUN.decoded_id
    assert panes.error_lines(replace(RUN, state=RunState.SUCCESS, error=None), None, CTX) == ()


def test_the_panes_of_a_query_show_every_error() -> None:
    query = replace(QUERY, state=RunState.FAILED, errors=(ERROR, ERROR), run_id="abc")
    labels = [label for label, _ in panes.query_text(query, CTX)]
    assert labels.count("Error") == 2
    assert "rows 1,204,118" in plain(panes.query_head(QUERY, CTX))
    assert lines_of(panes.query_pane(query, CTX))["Run"].startswith("abc")


@dataclass(frozen=True)
class Trouble:
    message: str = "GET schedules: connection refused"
    status: int = 0
    request_id: str = ""
    since: datetime = NOW - timedelta(minutes=6)
    tries: int = 4
    next_try_at: datetime | None = NOW


def test_the_six_states_say_the_agreed_words() -> None:
    def words(lines: list_states.Lines) -> str:
        return "\n".join(plain(line).strip() for line in lines).strip()

    assert words(list_states.first_load("schedules", "acme/prod")) == (
        "Reading schedules of acme/prod …"
    )
    assert "412 so far, page 5" in words(list_states.first_load("schedules", "a/b", 412))
    assert words(list_states.empty("schedules", "acme/prod")).startswith(
        "No schedules in acme/prod."
    )
    assert words(list_states.none_match("schedules", 214)) == (
        "None of 214 schedules match.\n/ change filter   Esc show all"
    )
    assert words(list_states.forbidden("runs", Trouble(status=403), "acme/prod")).startswith(
        "✗ Not allowed to read runs"
    )
    assert "connection refused" in words(list_states.failed("runs", Trouble(), "a/b", CTX))
    status = list_states.status_error("runs", Trouble(status=500, tries=2), "acme/prod", CTX)
    assert plain(status) == "✗ Runs: 500 from acme/prod, 2 tries. Next try 03:12:38Z. r try now"
    status = list_states.status_error("runs", Trouble(status=200), "acme/prod", CTX)
    assert plain(status).startswith("✗ Runs: an unreadable answer from acme/prod")
    odd = list_states.status_error("runs", Trouble(status=200), "acme/prod", CTX)
    assert plain(odd).startswith("✗ Runs: an unreadable answer from acme/prod, ")
    assert plain(list_states.status_offline(NOW, UTC)) == (
        "! Offline since 03:12Z. Rows are old, verdicts marked ? are unknown.  r try now"
    )


hostile = st.text(max_size=60) | st.sampled_from(["\x1b[2J", "[/x]", "\u202e", "日本語" * 20])


@given(hostile, st.integers(30, 130))
def test_no_text_of_a_server_breaks_a_row_or_leaks_an_escape(words: str, width: int) -> None:
    schedule = replace(SCHEDULE, name=words, owner=words, cron=words, description=words, sql=words)
    error = QueryError(words, words, words, words, words)
    task = Task(words, RunState.FAILED, words, DUE, NOW, message=words)
    run = replace(RUN, tasks=(task,), error=error, decoded_id=words, raw_state=words)
    query = replace(QUERY, name=words, sql=words, client=words, user=words, errors=(error,))
    schedules, runs, queries, tasks = (
        fit_columns(columns, width)
        for columns in (SCHEDULE_COLUMNS, ALL_RUNS_COLUMNS, QUERY_COLUMNS, TASK_COLUMNS)
    )
    made = [
        (schedules, schedule_cells(ScheduleView(schedule, FACTS), CTX, schedules)),
        (runs, run_cells(RunView(run, schedule, DUE), CTX, runs)),
        (queries, query_cells(query, CTX, queries)),
        (tasks, task_cells(task, run, DUE, CTX, tasks)),
    ]
    for fitted, cells in made:
        for (_, size), cell in zip(fitted, cells, strict=True):
            pieces = fit_cell(cell, size, "…")
            shown = "".join(text for text, _ in pieces)
            assert width_of(shown) == size
            assert all(char.isprintable() for char in shown)
    every = (
        *panes.schedule_pane(schedule, replace(FACTS, evidence=(words,)), error, CTX),
        *panes.run_pane(run, schedule, DUE, CTX),
        *panes.query_text(query, CTX),
        *panes.query_pane(query, CTX),
    )
    for label, spans in every:
        assert all(char.isprintable() for char in label + plain(spans))
    for line in (
        panes.schedule_title(schedule, FACTS, CTX),
        panes.run_title(run, schedule, DUE, CTX),
        panes.query_title_line(query, CTX),
        *panes.run_head(run, schedule, DUE, FACTS, CTX),
        panes.query_head(query, CTX),
    ):
        assert all(char.isprintable() for char in plain(line))


def test_a_healthy_row_is_three_runs() -> None:
    fitted = fit_columns(SCHEDULE_COLUMNS, 120)
    healthy = replace(FACTS, verdict=Verdict.OK, history=STRIP[:14], last_final=None)
    cells = schedule_cells(ScheduleView(SCHEDULE, healthy), CTX, fitted)
    pieces = [
        piece
        for cell, (_, size) in zip(cells, fitted, strict=True)
        for piece in (*fit_cell(cell, size, "…"), ("  ", None))
    ]
    assert [role for _, role in few_runs(pieces)] == [Role.OK, Role.TEXT, Role.MUTED]
