"""Drafts: what is wrong with one, what one is made from, and texts of a form read as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain import draft_of
from qsui.domain.draft_text import DraftText
from qsui.domain.drafts import QueryDraft, ScheduleDraft, query_of_draft
from qsui.domain.models import Kind, Query, Ref, Run, Schedule, Task, Template
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.when import full_hour, full_minute, in_a_year, moment_of, written

NOW = datetime(2026, 6, 4, 3, 12, 38, tzinfo=UTC)
AT = datetime(2026, 6, 5, 2, 0, tzinfo=UTC)


def ref(kind: Kind) -> Ref:
    return Ref("acme", "prod", kind, "s1" if kind is Kind.RUN else "", "id-1")


def a_query(**changes: object) -> Query:
    query = Query(ref(Kind.QUERY), RunState.FAILED, "FAILED", "sums", "SELECT $day")
    return replace(query, **changes)  # type: ignore[arg-type]  # any fields


def a_schedule(**changes: object) -> Schedule:
    schedule = Schedule(
        ref(Kind.SCHEDULE), "sums", ScheduleState.ENABLED, "ENABLED", "0 2 * * *", "SELECT 1"
    )
    return replace(schedule, **changes)  # type: ignore[arg-type]  # any fields


def faults_of(draft: QueryDraft | ScheduleDraft) -> dict[str, str]:
    return {fault.field: fault.words for fault in draft.faults()}


# Faults


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (QueryDraft(), "sql"),
        (QueryDraft(sql="  \n"), "sql"),
        (QueryDraft(sql="SELECT 1", template_id="t"), "sql"),
        (QueryDraft(sql="SELECT 1", insert_into="a", ctas="b"), "ctas"),
        (QueryDraft(sql="SELECT 1", parameters=(("$day", "1"),)), "parameters"),
        (QueryDraft(sql="SELECT 1", parameters=(("", "1"),)), "parameters"),
        (QueryDraft(sql="SELECT 1", parameters=(("a", "1"), ("a", "2"))), "parameters"),
        (ScheduleDraft(QueryDraft(sql="SELECT 1"), "0 0 2 * * ?", AT), "cron"),
        (ScheduleDraft(QueryDraft(sql="SELECT 1"), "0 2 * * *", None), "start"),
        (ScheduleDraft(QueryDraft(sql="SELECT 1"), "0 2 * * *", AT, AT), "end"),
        (
            ScheduleDraft(QueryDraft(sql="SELECT 1"), "0 2 * * *", AT, max_active_runs=0),
            "max_active_runs",
        ),
    ],
)
def test_what_the_server_would_refuse_is_told_of_its_field(
    draft: QueryDraft | ScheduleDraft, field: str
) -> None:
    assert list(faults_of(draft)) == [field]


def test_a_good_draft_has_no_fault() -> None:
    query = QueryDraft(sql="SELECT 1", parameters=(("day", ""),), insert_into="out")
    assert not query.faults()
    assert not ScheduleDraft(query, "@daily", AT, in_a_year(AT)).faults()


# Moments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-06-04T03:13Z"),
        ("tomorrow", "2026-06-05T00:00Z"),
        ("Tomorrow 02:00", "2026-06-05T02:00Z"),
        ("today 23:59Z", "2026-06-04T23:59Z"),
        ("+2h", "2026-06-04T05:13Z"),
        ("+1y", "2027-06-04T03:13Z"),
        ("2026-06-05", "2026-06-05T00:00Z"),
        ("2026-06-05 02:00", "2026-06-05T02:00Z"),
        ("2026-06-05T02:00+02:00", "2026-06-05T00:00Z"),
        ("2026-06-05T02:00:07Z", "2026-06-05T02:00:07Z"),
    ],
)
def test_a_moment_is_read_as_utc(text: str, expected: str) -> None:
    at = moment_of(text, NOW)
    assert at is not None
    assert written(at) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "24h", "tomorrow 25:00", "today 02:60", "2026-02-30", "+", "+99999999d", "02:00"],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment_of(text, NOW) is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # as asked
def test_a_written_moment_is_read_as_the_same(at: datetime) -> None:
    assert moment_of(written(at), NOW) == at


@given(st.text(max_size=30), st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)))  # noqa: DTZ001
def test_no_text_breaks_the_reading_of_a_moment(text: str, now: datetime) -> None:
    at = moment_of(text, min(now, datetime(9998, 1, 1, tzinfo=UTC)))
    assert at is None or at.tzinfo is UTC


def test_the_usual_start_and_end() -> None:
    assert full_minute(NOW) == datetime(2026, 6, 4, 3, 13, tzinfo=UTC)
    assert full_hour(NOW) == datetime(2026, 6, 4, 4, 0, tzinfo=UTC)
    assert in_a_year(AT) - AT == timedelta(days=365)
    assert in_a_year(datetime(9999, 6, 1, tzinfo=UTC)).year == 9999


# Drafts of what exists


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT '$day', $a_1 FROM t WHERE x = $day", ("day", "a_1")),
        ("SELECT 1 -- $not\n/* $nor $this */ , $yes", ("yes",)),
        ("SELECT '$5.00', a$b, \\$c, $$d$$", ()),
    ],
)
def test_parameters_are_found_in_sql_but_not_in_comments(sql: str, names: tuple[str, ...]) -> None:
    assert draft_of.parameter_names(sql) == names


def test_a_copied_schedule_keeps_what_it_runs_and_begins_anew() -> None:
    schedule = a_schedule(
        description="why",
        max_active_runs=3,
        parameters=(("day", "1"),),
        insert_into="out",
        start_at=AT - timedelta(days=900),
        end_at=AT - timedelta(days=1),
    )
    made = draft_of.copy_of_schedule(schedule, NOW)
    assert made.draft == ScheduleDraft(
        QueryDraft(
            "SELECT 1", "", "sums copy", "why", parameters=(("day", "1"),), insert_into="out"
        ),
        "0 2 * * *",
        full_hour(NOW),
        in_a_year(full_hour(NOW)),
        3,
    )
    assert len(made.notes) == 2


def test_a_copied_schedule_keeps_an_end_that_is_to_come() -> None:
    end = NOW + timedelta(days=40)
    draft = draft_of.copy_of_schedule(a_schedule(end_at=end), NOW).draft
    assert isinstance(draft, ScheduleDraft)
    assert draft.end_at == end


def test_a_copy_of_what_runs_a_template_runs_the_template() -> None:
    query = a_query(template_id="t1", parameters=(("day", "2"),), effective_sql="SELECT 2")
    draft = draft_of.copy_of_query(query).draft
    assert draft == QueryDraft(template_id="t1", name="sums copy", parameters=(("day", "2"),))


def test_a_rerun_sends_the_sql_as_it_ran() -> None:
    query = a_query(template_id="t1", parameters=(("day", "2"),), effective_sql="SELECT 2")
    assert draft_of.rerun_of_query(query).draft == QueryDraft(sql="SELECT 2", name="sums re-run")


@pytest.mark.parametrize(
    ("effective", "insert_into"),
    [
        ("INSERT INTO out SELECT 2", ""),
        ("-- why\n insert  into out SELECT 2", ""),
        ("SELECT 2", "out"),
    ],
)
def test_a_rerun_writes_to_its_dataset_once(effective: str, insert_into: str) -> None:
    query = a_query(effective_sql=effective, insert_into="out")
    draft = draft_of.rerun_of_query(query).draft
    assert draft == QueryDraft(sql=effective, name="sums re-run", insert_into=insert_into)


def test_a_rerun_without_the_sql_that_ran_sends_what_was_asked() -> None:
    query = a_query(parameters=(("day", "2"),), ctas="made")
    assert draft_of.rerun_of_query(query).draft == QueryDraft(
        sql="SELECT $day", name="sums re-run", parameters=(("day", "2"),), ctas="made"
    )


def test_a_rerun_of_a_run_says_that_it_is_one_of_several_statements() -> None:
    tasks = tuple(Task(f"t{n}", RunState.FAILED, "FAILED") for n in range(3))
    run = Run(ref(Kind.RUN), RunState.FAILED, "FAILED", tasks=tasks, error_is_likely=True)
    notes = " ".join(draft_of.rerun_of_run(run, a_query()).notes)
    assert "3 statements" in notes
    assert "SQL and time only" in notes


def test_a_rerun_of_an_unknown_query_warns_of_parameters_that_are_not_known() -> None:
    schedule = a_schedule(sql="SELECT '$schedule_time', $day", parameters=(("day", "1"),))
    made = draft_of.rerun_of_schedule(schedule)
    assert query_of_draft(made.draft).parameters == (("day", "1"), ("schedule_time", ""))
    assert "$schedule_time had a value" in made.notes[-1]


def test_a_template_brings_its_defaults_and_names_without_one() -> None:
    template = Template(ref(Kind.TEMPLATE), "one", "SELECT $a, $b, $schedule_time", (("a", "1"),))
    query = draft_of.from_template(template, Kind.QUERY, NOW)
    assert query_of_draft(query).parameters == (("a", "1"), ("b", ""), ("schedule_time", ""))
    schedule = draft_of.from_template(template, Kind.SCHEDULE, NOW)
    assert isinstance(schedule, ScheduleDraft)
    assert schedule.query.parameters == (("a", "1"), ("b", ""))
    assert (schedule.start_at, schedule.cron) == (full_hour(NOW), "")


# A form's texts

QUERIES = st.builds(
    QueryDraft,
    sql=st.text(),
    name=st.text().map(str.strip),
    description=st.text().map(str.strip),
    parameters=st.lists(
        st.tuples(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text()), max_size=4
    ).map(tuple),
    insert_into=st.text().map(str.strip),
    ctas=st.text().map(str.strip),
)


@given(QUERIES, st.integers(1, 1000))
def test_a_draft_written_into_a_form_is_read_as_the_same(query: QueryDraft, runs: int) -> None:
    assert DraftText.of(Kind.QUERY, query).read(NOW)[0] == query
    schedule = ScheduleDraft(query, "0 2 * * *", AT, in_a_year(AT), runs)
    assert DraftText.of(Kind.SCHEDULE, schedule).read(NOW)[0] == schedule


def form(**texts: str) -> DraftText:
    given = {"cron": "0 2 * * *", "start": "+1h", "end": "+1y", **texts}
    return DraftText(Kind.SCHEDULE, sql="SELECT 1", **given)  # type: ignore[arg-type]  # texts only


@pytest.mark.parametrize(
    ("texts", "field", "words"),
    [
        ({"start": "soon"}, "start", "Write a time"),
        ({"start": ""}, "start", "wants a start"),
        ({"end": "later"}, "end", "Write a time"),
        ({"end": "2020-01-01", "start": "2019-01-01"}, "end", "has passed"),
        ({"end": "+1h", "start": "+2h"}, "end", "after the start"),
        ({"cron": "61 * * * *"}, "cron", "minute"),
        ({"max_active_runs": "many"}, "max_active_runs", "from 1 to 1000"),
        ({"max_active_runs": "-1"}, "max_active_runs", "from 1 to 1000"),
    ],
)
def test_each_field_says_once_what_is_wrong(texts: dict[str, str], field: str, words: str) -> None:
    _, faults = form(**texts).read(NOW)
    assert [fault.field for fault in faults] == [field]
    assert words in faults[0].words


@pytest.mark.parametrize("end", ["", "none", "Never"])
def test_a_schedule_may_have_no_end_but_is_warned_of(end: str) -> None:
    draft, faults = form(end=end).read(NOW)
    assert isinstance(draft, ScheduleDraft)
    assert (draft.end_at, faults) == (None, ())
    assert [warning.field for warning in form(end=end).warnings(NOW)] == ["end"]


def test_a_name_in_the_sql_without_a_value_is_warned_of() -> None:
    text = DraftText(Kind.QUERY, sql="SELECT $a, $b", parameters=(("$a", "1"), ("b", "")))
    assert text.read(NOW)[1] == ()
    assert [warning.words for warning in text.warnings(NOW)] == ["$b in the SQL has no value."]


def test_a_schedule_is_not_asked_for_what_the_scheduler_fills_in() -> None:
    assert form().warnings(NOW) == ()
    text = replace(form(), sql="SELECT '$schedule_time'")
    assert text.warnings(NOW) == ()
    assert replace(text, kind=Kind.QUERY).warnings(NOW) != ()


def test_with_a_template_the_sql_shown_is_not_sent() -> None:
    text = DraftText(Kind.QUERY, sql="SELECT 1", template_id="t", template_sql="SELECT $x")
    draft, faults = text.read(NOW)
    assert (draft, faults) == (QueryDraft(template_id="t"), ())
    assert [warning.field for warning in text.warnings(NOW)] == ["parameters"]
