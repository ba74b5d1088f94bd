"""Several scopes in one list: the column that tells them apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qsui.domain.facts import ScheduleFacts, Verdict
from qsui.domain.models import Kind, Query, Run, Schedule, Scope
from qsui.domain.states import RunState, ScheduleState
from qsui.domain.views import RunView, ScheduleView
from qsui.present.columns import (
    ALL_RUNS_COLUMNS,
    QUERY_COLUMNS,
    RUN_COLUMNS,
    SCHEDULE_COLUMNS,
    SERVER_SCHEDULE_COLUMNS,
    Column,
    fit_columns,
    query_cells,
    run_cells,
    schedule_cells,
    scope_names,
    with_scope,
)
from qsui.present.columns_job import (
    JOB_COLUMNS,
    WORKFLOW_COLUMNS,
    WORKFLOW_JOB_COLUMNS,
    job_cells,
    workflow_cells,
)
from qsui.present.job_view import WorkflowView
from qsui.present.journal import JOURNAL_COLUMNS
from qsui.present.scopes import MOST_CELLS, scope_key
from tests.present.jobs_made import CRM, CTX, HOSTILE, ref, view, workflow

PROD, STAGE, AYX = Scope("acme", "prod"), Scope("acme", "stage"), Scope("ayx", "")
LISTS = (
    SCHEDULE_COLUMNS,
    SERVER_SCHEDULE_COLUMNS,
    RUN_COLUMNS,
    ALL_RUNS_COLUMNS,
    QUERY_COLUMNS,
    JOB_COLUMNS,
    WORKFLOW_JOB_COLUMNS,
    WORKFLOW_COLUMNS,
    JOURNAL_COLUMNS,
)


def test_a_scope_is_named_by_its_profile_unless_that_has_two() -> None:
    prod = ref("1", Kind.SCHEDULE, "acme", "prod")
    assert scope_names((PROD, AYX))(prod) == "acme"
    assert scope_names((PROD, STAGE, AYX))(prod) == "acme/prod"
    assert scope_names((PROD, STAGE, AYX))(ref("1")) == "ayx"
    assert scope_names(())(prod) == "acme"
    assert scope_names(())(ref("1", profile=HOSTILE)).isprintable()


@pytest.mark.parametrize("columns", LISTS)
def test_one_scope_needs_no_column(columns: tuple[Column, ...]) -> None:
    assert with_scope(columns, (PROD,)) == columns
    assert with_scope(columns, ()) == columns


@pytest.mark.parametrize("columns", LISTS)
def test_it_stands_in_every_list_and_all_else_keeps_its_order(columns: tuple[Column, ...]) -> None:
    wider = with_scope(columns, (PROD, AYX))
    ids = [column.id for column in wider]
    assert ids.count("scope") == 1
    assert [id for id in ids if id != "scope"] == [column.id for column in columns]
    drops = [column.drop for column in wider if column.drop]
    assert len(drops) == len(set(drops))
    ranked = sorted((column for column in columns if column.drop), key=lambda one: one.drop)
    again = sorted((column for column in wider if column.drop), key=lambda one: one.drop)
    assert [one.id for one in again if one.id != "scope"] == [one.id for one in ranked]


@pytest.mark.parametrize("columns", LISTS)
@pytest.mark.parametrize("width", [30, 59, 60, 80, 112, 120, 200])
def test_with_it_a_line_still_fits(columns: tuple[Column, ...], width: int) -> None:
    fitted = fit_columns(with_scope(columns, (PROD, STAGE, AYX)), width)
    assert 3 + sum(w for _, w in fitted) + 2 * (len(fitted) - 1) <= width - 1


def test_it_outlives_the_owner() -> None:
    columns = with_scope(JOB_COLUMNS, (PROD, AYX))
    order = {column.id: column.drop for column in columns}
    assert order["runs"] < order["scope"] < order["result"] < order["priority"] < order["owner"]
    ids = [column.id for column in columns]
    assert ids.index("scope") < ids.index("owner")


@pytest.mark.parametrize("columns", LISTS)
def test_it_is_there_at_80_columns(columns: tuple[Column, ...]) -> None:
    fitted = fit_columns(with_scope(columns, (PROD, AYX)), 80)
    assert "scope" in [column.id for column, _ in fitted]


def test_beside_it_at_80_columns_a_schedule_keeps_cadence_next_and_some_history() -> None:
    fitted = fit_columns(with_scope(SERVER_SCHEDULE_COLUMNS, (PROD, AYX)), 80)
    assert [(column.id, width) for column, width in fitted] == [
        ("state", 12),
        ("name", 18),
        ("history", 8),
        ("next", 6),
        ("cadence", 16),
        ("scope", 6),
    ]
    assert "Last 8" in [column.title for column, _ in fitted]


def test_it_is_as_wide_as_its_names_need() -> None:
    def width(*scopes: Scope) -> int:
        [column] = [one for one in with_scope(JOB_COLUMNS, scopes) if one.id == "scope"]
        return column.width

    assert width(PROD, AYX) == 6
    assert width(PROD, STAGE) == len("acme/stage")
    assert width(PROD, Scope("p" * 90, "")) == MOST_CELLS


def test_every_kind_of_row_names_its_scope() -> None:
    scopes = (PROD, STAGE, AYX)
    look = replace(CTX, scope_of=scope_names(scopes))
    fitted = fit_columns(with_scope((), scopes), 80)
    schedule = Schedule(ref("1", Kind.SCHEDULE, "acme", "prod"), "a", ScheduleState.ENABLED, "", "")
    run = Run(ref("2", Kind.RUN, "acme", "stage"), RunState.SUCCESS, "")
    query = Query(ref("3", Kind.QUERY, "acme", "prod"), RunState.SUCCESS, "")
    facts = ScheduleFacts(Verdict.OK)
    assert [
        schedule_cells(ScheduleView(schedule, facts), look, fitted)[0].text,
        run_cells(RunView(run), look, fitted)[0].text,
        query_cells(query, look, fitted)[0].text,
        job_cells(view(CRM), look, fitted)[0].text,
        workflow_cells(WorkflowView(workflow()), look, fitted)[0].text,
    ] == ["acme/prod", "acme/stage", "acme/prod", "ayx", "ayx"]


def test_rows_are_ordered_by_profile_then_sandbox() -> None:
    refs = [
        ref("1"),
        ref("2", profile="Acme", sandbox="stage"),
        ref("3", profile="acme", sandbox="prod"),
    ]
    assert [one.id for one in sorted(refs, key=scope_key)] == ["3", "2", "1"]
