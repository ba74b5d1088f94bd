"""Which tables SQL writes, by its own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.written import written_by


@pytest.mark.parametrize(
    ("sql", "inserts", "creates"),
    [
        ("SELECT 1", (), ()),
        ("INSERT INTO out_t SELECT 1", ("out_t",), ()),
        ("insert\n into\tdb.out_t (a) values (1)", ("db.out_t",), ()),
        ("CREATE TABLE IF NOT EXISTS t WITH (a=1) AS SELECT 1", (), ("t",)),
        ("CREATE TABLE t (a int)", (), ()),
        ('INSERT INTO "my table" SELECT 1; INSERT INTO b SELECT 2', ('"my table"', "b"), ()),
        ("-- INSERT INTO a\n/* INSERT INTO b */ SELECT 'INSERT INTO c'", (), ()),
        ("INSERT INTO a SELECT 1; INSERT INTO a SELECT 2", ("a",), ()),
        ("SELECT 'it''s'; INSERT INTO d SELECT 1", ("d",), ()),
    ],
)
def test_what_is_written(sql: str, inserts: tuple[str, ...], creates: tuple[str, ...]) -> None:
    found = written_by(sql)
    assert (found.inserts, found.creates) == (inserts, creates)


def test_a_request_that_wraps_a_query_names_its_dataset() -> None:
    assert written_by("SELECT 1", insert_into="a").inserts == ("a",)
    assert written_by("SELECT 1", ctas="b").names == ("b",)


@given(st.text())
def test_any_text_is_looked_at(sql: str) -> None:
    assert isinstance(written_by(sql).names, tuple)
