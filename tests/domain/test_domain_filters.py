"""The filter language: what it admits, what it refuses, what it asks of a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.facts import HistoryCell, Mark, ScheduleFacts, Verdict
from qsui.domain.filter_values import duration_of, time_of
from qsui.domain.filters import FilterError, Hints, parse
from qsui.domain.filters_fields import query_fields, run_fields, schedule_fields, template_fields
from qsui.domain.models import Kind, Query, QueryError, Ref, Run, Schedule, Task, Template
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.views import RunView, ScheduleView
from qsui.present.columns import ALL_RUNS_COLUMNS, QUERY_COLUMNS, SCHEDULE_COLUMNS

if TYPE_CHECKING:
    from qsui.domain.filters import Fields
    from qsui.present.columns import Column

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

QUERY = Query(
    ref=Ref("prod", "dev", Kind.QUERY, "", "4d64cd49"),
    state=RunState.CANCELLED,
    raw_state="KILLED",
    name="",
    template_name="Daily Merge",
    sql="SELECT count(*) FROM Web_Events",
    elapsed=timedelta(seconds=90),
    row_count=1_204_118,
    client="Power BI",
    user="jd",
    schedule_id="s1",
    datasets=("d1", "d2"),
    is_ctas=True,
    errors=(QueryError("42P01", "USER_ERROR", "table gone"),),
    created_at=datetime(2026, 6, 4, 2, 0, 30, tzinfo=UTC),
    updated_at=NOW - 2 * HOUR,
)
SCHEDULE = ScheduleView(
    Schedule(
        ref=Ref("prod", "dev", Kind.SCHEDULE, "", "7a3f_daily"),
        name="daily_profile_merge",
        state=ScheduleState.ENABLED,
        raw_state="ENABLED",
        cron="0 2 * * *",
        owner="jd",
    ),
    ScheduleFacts(
        Verdict.FAILED,
        streak=6,
        ok_ratio=0.8,
        history=(HistoryCell(Mark.NO_RUN), HistoryCell(Mark.FAILED)),
        next_fire_at=NOW + 22 * HOUR,
        median=timedelta(minutes=18),
    ),
    "every day 02:00",
)
RUN = RunView(
    Run(
        ref=Ref("prod", "dev", Kind.RUN, "7a3f_daily", "c2No"),
        state=RunState.FAILED,
        raw_state="failed",
        slot_at=NOW - 25 * HOUR,
        is_manual=False,
        tasks=(
            Task("t", RunState.FAILED, "FAILED", NOW - HOUR, NOW - HOUR + timedelta(minutes=6)),
        ),
        error=QueryError("42P01", "USER_ERROR", "table web_events not found"),
    ),
    SCHEDULE.schedule,
    due_at=NOW - HOUR - timedelta(minutes=1),
    start_lag=timedelta(minutes=1),
    median=timedelta(minutes=18),
)
TEMPLATE = Template(
    ref=Ref("prod", "dev", Kind.TEMPLATE, "", "t1"),
    name="DPM",
    sql="SELECT 1",
    parameters=(("key", "value"),),
    owner="mk",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("   ", True),
        ("web_events", True),
        ("WEB_EVENTS count", True),
        ("web_events nothing", False),
        ('"count(*) from"', True),
        ("4d64cd49", True),
        ("!web_events", False),
        ("!nothing", True),
        ("nothing|count", True),
        ("!nothing|count", False),
        ("state:killed", True),
        ("state:Cancelled", True),
        ("state:failed", False),
        ("state:failed|killed", True),
        ("state:success|killed", True),
        ("state:success|failed", False),
        ("state!=success|killed", False),
        ("state!=success|timeout", True),
        ("!state:killed|timeout", False),
        ("failed", False),
        ("running", False),
        ('"failed"', False),
        ("client:power", True),
        ('client="power bi"', True),
        ("client=power", False),
        ("user!=jd", False),
        ("user!=mk", True),
        ("took>1m", True),
        ("took>=90s took<=1m30s", True),
        ("took>2m", False),
        ("elapsed_ms=90000", True),
        ("elapsed_ms:90s", True),
        ("rows>1M", True),
        ("rows>1.3M", False),
        ("ROW_COUNT:1204118", True),
        ("created:2026-06-04", True),
        ("created:2026-06-03", False),
        ("created!=2026-06-03", True),
        ("created>2026-06-03", True),
        ("created>2026-06-04", False),
        ("created>=2026-06-04", True),
        ("created<2026-06-04T02:01Z", True),
        ("created:2026-06-04T02:00", True),
        ("created:2026-06-04T02:00:30Z", True),
        ("created<=2026-06-04T04:00:30+02:00", True),
        ("created>1h", False),
        ("created>2h", True),
        ("created:2h", True),
        ("updated>=2h", True),
        ("updated>2h", False),
        ("updated<1h", True),
        ("updated<+1h", True),
        ("dataset:d2", True),
        ("ctas:yes insert:no", True),
        ("ctas!=yes", False),
        ("error:gone", True),
        ("code:42p01", True),
        ("code:42601|42p01", True),
        ("template:merge", True),
        ("profile:prod sandbox=dev scope:prod/dev", True),
        ("/FROM\\s+web/", True),
        ("/from nothing|web_events$/", False),
        ("/a b|web_e/", True),
        ("/x/|user:jd", True),
        ("~slctweb", True),
        ("~zzz", False),
        ('~"s l"', True),
        ('~"q z"', False),
        ('user:"j"d', True),
        ("schedule_id:s1", True),
        ("schedule_id:s", False),
        ("effective_sql=x", False),
    ],
)
def test_a_filter_of_queries(text: str, expected: bool) -> None:
    assert parse(text, query_fields()).matches(QUERY, NOW) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fails>0|late|off", True),
        ("streak>=6 failed", True),
        ("fails>6", False),
        ("late", False),
        ("off|running|missed", False),
        ("state:enabled", True),
        ("state:failed", True),
        ("state:disabled", False),
        ("ok_30d<=80", True),
        ("ok30d<80%", False),
        ("median>15m lag>1s", False),
        ("median_s=1080", True),
        ("next<23h next>21h", True),
        ("next_fire_at>2026-06-04", True),
        ("cadence:every", True),
        ('cron="0 2 * * *"', True),
        ('last:"no run"', True),
        ("last_run_state:failed", False),
        ("last_run_id!=x", True),
        ("start>1h", False),
        ("merge jd 7a3f", True),
        ("max_active=1", True),
    ],
)
def test_a_filter_of_schedules(text: str, expected: bool) -> None:
    assert parse(text, schedule_fields()).matches(SCHEDULE, NOW) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("failed", True),
        ("running", False),
        ("schedule:merge", True),
        ("schedule_id:7a3f_daily", True),
        ("by:schedule", True),
        ("triggered_by:manual", False),
        ("took:6m start_lag_s>=60", True),
        ("xmedian<0.4", True),
        ("due>2h", True),
        ("slot<1d", True),
        ("tasks=1", True),
        ("error:web_events", True),
        ("'not", False),
        ('"not found"', True),
    ],
)
def test_a_filter_of_runs(text: str, expected: bool) -> None:
    assert parse(text, run_fields()).matches(RUN, NOW) is expected


def test_what_still_runs_is_compared_by_how_long_it_has_run() -> None:
    began = NOW - timedelta(minutes=30)
    query = Query(QUERY.ref, RunState.RUNNING, "IN_PROGRESS", created_at=began)
    run = Run(RUN.run.ref, RunState.RUNNING, "IN_PROGRESS", seen_started_at=began)
    view = RunView(run, median=timedelta(minutes=10))

    assert parse("took>29m", query_fields()).matches(query, NOW)
    assert not parse("took>31m", query_fields()).matches(query, NOW)
    assert parse("took>29m ratio:3", run_fields()).matches(view, NOW)
    queued = RunView(Run(RUN.run.ref, RunState.QUEUED, "SUBMITTED", seen_started_at=began))
    assert not parse("took>=0s", run_fields()).matches(queued, NOW)


def test_a_filter_of_templates() -> None:
    assert parse("owner:mk parameters:key=value DPM", template_fields()).matches(TEMPLATE, NOW)
    assert not parse("failed", template_fields()).matches(TEMPLATE, NOW)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("a fail>0", 2, 'unknown field "fail", did you mean fails?'),
        ("zzzzqq:1", 0, 'unknown field "zzzzqq"'),
        ("owner:", 6, "a value is missing"),
        ("owner:|x", 6, "a value is missing"),
        ("a|", 2, "missing"),
        ("!", 1, "missing"),
        ('owner:"jd', 6, "not closed"),
        ("/abc", 0, "no closing"),
        ("/a(/", 2, "bad regular expression"),
        ("~", 1, "missing"),
        ("fails>many", 0, "no number"),
        ("median>soon", 0, "no duration"),
        ("created>soon", 0, "no time"),
        ("created>2026-13-01", 0, "no time"),
        ("state>failed", 0, "no order"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    text: str, position: int, words: str
) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text, schedule_fields())

    assert caught.value.position == position
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("state:failed", Hints(raw_state="FAILED")),
        ("state=killed user:jd", Hints(raw_state="KILLED")),
        ("state:cancelled", Hints()),
        ("state:queued", Hints()),
        ("state:running", Hints()),
        ("state:failed|success", Hints()),
        ("!state:failed", Hints()),
        ("state!=failed", Hints()),
        ("state!=failed|success", Hints()),
        ("state:nonsense", Hints()),
        ("schedule_id:s1", Hints(schedule_id="s1")),
        ("created>2h", Hints(created_since=NOW - 2 * HOUR)),
        ("created:2026-06-04", Hints(created_since=datetime(2026, 6, 4, tzinfo=UTC))),
        ("created>2h created>1h", Hints(created_since=NOW - HOUR)),
        ("created<2h", Hints()),
        ("updated_at>=30m", Hints(updated_since=NOW - HOUR / 2)),
        ("failed", Hints()),
    ],
)
def test_only_what_must_hold_is_asked_of_the_server(text: str, hints: Hints) -> None:
    assert parse(text, query_fields()).hints(NOW) == hints


@given(st.text(alphabet='ab:=!<>|"/~ ()[\\*statecd0124hm-T.+', max_size=24))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    tables: list[tuple[Fields[object], object]] = [
        (query_fields(), QUERY),  # type: ignore[list-item]  # a table fits its own record
        (schedule_fields(), SCHEDULE),  # type: ignore[list-item]
        (run_fields(), RUN),  # type: ignore[list-item]
    ]
    for fields, record in tables:
        try:
            found = parse(text, fields)
        except FilterError as refused:
            fault = refused.position
        else:
            fault = 0
            assert found.matches(record, NOW) in {True, False}
            found.hints(NOW)
        assert 0 <= fault <= len(text)


@pytest.mark.parametrize(
    ("fields", "record"),
    [
        (query_fields(), Query(QUERY.ref, RunState.UNKNOWN, "")),
        (schedule_fields(), ScheduleView(SCHEDULE.schedule, ScheduleFacts(Verdict.UNREAD))),
        (run_fields(), RunView(Run(RUN.run.ref, RunState.UNKNOWN, ""))),
    ],
)
def test_every_field_bears_records_that_know_nothing(
    fields: Fields[object], record: object
) -> None:
    for entry in fields.fields:
        entry.get(record, NOW)
    names = [n.lower() for entry in fields.fields for n in (entry.name, *entry.titles)]
    assert len(names) == len(set(names))
    assert all(fields.find(name) for name in names)


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        (schedule_fields(), SCHEDULE_COLUMNS),
        (run_fields(), ALL_RUNS_COLUMNS),
        (query_fields(), QUERY_COLUMNS),
    ],
)
def test_what_stands_over_a_column_is_a_field(
    fields: Fields[object], columns: tuple[Column, ...]
) -> None:
    titles = [c.title.split(",")[0].split(" or ")[0] for c in columns if c.when != "narrow"]

    assert [title for title in titles if fields.find(title) is None] == []


def test_a_dashboard_adds_its_own_flags() -> None:
    fields = query_fields().with_flags({"marked": lambda query, _: query.id == "4d64cd49"})

    assert parse("marked", fields).matches(QUERY, NOW)
    assert not parse("!marked", fields).matches(QUERY, NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("2d", 172800), ("5", 5), ("250ms", 0.25), ("1.5h", 5400)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert duration_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "h", "10 m", "1x", "-", "9" * 400 + "d"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration_of(text) is None


@pytest.mark.parametrize("text", ["", "yesterday", "2026-6-4", "0000-01-01", "9999-12-31"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_of(text) is None
