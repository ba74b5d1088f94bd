"""A new answer adds to what is known and takes nothing away by knowing less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qsui.domain.models import QueryError
from qsui.domain.states import RunState
from qsui.live import merge
from tests.live.fakes import HOUR, MINUTE, NOON, as_listed, query, run, run_id, schedule

SLOT = NOON - HOUR
ERROR = QueryError("58000", "USER_ERROR", "boom")


def test_a_list_row_does_not_erase_tasks_error_or_seen_times() -> None:
    known = replace(
        run("a", SLOT, RunState.FAILED), error=ERROR, query_id="q", seen_started_at=NOON
    )
    merged = merge.merged_run(known, as_listed(known), NOON)
    assert (merged.tasks, merged.error, merged.query_id) == (known.tasks, ERROR, "q")


def test_a_list_that_lags_does_not_undo_what_a_query_showed_but_wins_later() -> None:
    queries = [query("q", RunState.SUCCESS, of=run("a", SLOT), updated=NOON)]
    known = merge.run_of_queries(queries, None)
    assert known is not None
    listed = as_listed(run("a", SLOT, RunState.RUNNING))
    soon = merge.merged_run(known, listed, NOON + MINUTE)
    later = merge.merged_run(known, listed, NOON + 10 * MINUTE)
    assert (soon.state, soon.from_query) == (RunState.SUCCESS, True)
    assert (later.state, later.from_query) == (RunState.RUNNING, False)


def test_an_error_goes_when_the_run_turns_out_well() -> None:
    failed = replace(run("a", SLOT, RunState.FAILED), error=ERROR)
    assert merge.merged_run(failed, run("a", SLOT), NOON).error is None


def test_whole_sql_survives_a_list_row_that_begins_like_it_only() -> None:
    whole = replace(query("q"), sql="select 1 from a long table", effective_sql="create …")
    cut = replace(query("q"), sql="select 1 fro", sql_is_cut=True)
    other = replace(query("q"), sql="insert into", sql_is_cut=True)
    assert merge.merged_query(whole, cut).sql == whole.sql
    assert merge.merged_query(whole, cut).effective_sql == "create …"
    assert merge.merged_query(whole, other).sql == "insert into"
    a, b = replace(schedule("a"), sql=whole.sql), replace(schedule("a"), sql=cut.sql)
    assert merge.merged_schedule(a, replace(b, sql_is_cut=True)).sql == whole.sql
    assert merge.merged_schedule(a, b).sql == cut.sql


def test_a_run_follows_from_its_query_alone() -> None:
    failed = query("q", RunState.FAILED, of=run("a", SLOT), created=NOON - MINUTE, error="boom")
    made = merge.run_of_queries([failed], None)
    assert made is not None
    assert (made.schedule_id, made.id) == ("a", run_id(SLOT))
    assert (made.state, made.from_query, made.slot_at) == (RunState.FAILED, True, SLOT)
    assert (made.started_at, made.ended_at) == (NOON - MINUTE, NOON)
    assert made.error == QueryError("58000", "USER_ERROR", "boom")
    assert made.is_manual is False


def test_a_run_id_in_either_spelling_names_the_same_run() -> None:
    decoded = f"scheduled__{SLOT.isoformat()}"
    linked = replace(query("q", of=run("a", SLOT)), run_id=decoded)
    made = merge.run_of_queries([linked], None)
    assert made is not None
    assert made.id == run_id(SLOT)


def test_a_query_without_links_makes_no_run() -> None:
    assert merge.run_of_queries([query("q")], None) is None
    assert merge.run_of_queries([], None) is None


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([RunState.SUCCESS, RunState.FAILED], RunState.FAILED),
        ([RunState.RUNNING, RunState.TIMEOUT], RunState.TIMEOUT),
        ([RunState.SUCCESS, RunState.RUNNING], RunState.RUNNING),
        ([RunState.SUCCESS, RunState.SUCCESS], RunState.SUCCESS),
        ([RunState.SUCCESS, RunState.CANCELLED], RunState.CANCELLED),
    ],
)
def test_a_block_is_as_bad_as_its_worst_statement(
    states: list[RunState], expected: RunState
) -> None:
    of = run("a", SLOT)
    queries = [query(f"q{n}", state, of=of) for n, state in enumerate(states)]
    made = merge.run_of_queries(queries, None)
    assert made is not None
    assert made.state is expected


def test_a_query_does_not_change_a_run_whose_own_record_is_final() -> None:
    known = run("a", SLOT)
    again = merge.run_of_queries([query("q", RunState.RUNNING, of=known)], known)
    assert again is not None
    assert (again.state, again.from_query, again.query_id) == (RunState.SUCCESS, False, "q")
