"""Engine exceptions become the errors that Query Service would report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from qsui.emulator.errors import (
    SqlError,
    from_exception,
    function_missing,
    timeout_error,
)
from qsui.emulator.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def lake() -> Iterator[Lake]:
    lake = Lake()
    yield lake
    lake.close()


def error(lake: Lake, sql: str) -> SqlError:
    outcome = lake.prepare(sql).run()
    assert outcome.error is not None
    assert outcome.row_count == 0
    assert not outcome.killed
    return outcome.error


def test_the_documented_sample_is_matched_to_the_letter() -> None:
    made = function_missing("varchar", "SELECT 1")
    assert SESSION.sub("ID", made.message) == (
        "Batch query execution gets : [failed reason ErrorCode: 58000 Batch query execution gets: "
        "[Analysis error encountered. Reason: [sessionId: ID Function [varchar] not defined.]]]"
    )
    assert (made.code, made.error_type) == ("58000", "USER_ERROR")


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [
        ("SELCT 1", "42601", 'Syntax error: syntax error at or near "SELCT". At line 1: SELCT 1'),
        ("SELECT 'open", "42601", "unterminated quoted string"),
        (
            "SELECT 1\nFROM crm_accounts",
            "42P01",
            "Table crm_accounts not found. Did you mean crm_accounts_v2? At line 2: "
            "FROM crm_accounts",
        ),
        ("SELECT * FROM xyz", "42P01", "Table xyz not found. At line 1: SELECT * FROM xyz"),
        ("SELECT * FROM s3.xyz", "42P01", "Table s3.xyz not found."),
        ("DROP TABLE xyz", "42P01", "Table xyz not found."),
        ("CREATE TABLE orders AS SELECT 1", "42P07", "Table orders already exists."),
        ("SELECT to_eur(1)", "58000", "Function [to_eur] not defined."),
        ("SELECT totl FROM orders", "58000", 'AnalysisException: Referenced column "totl" not f'),
        ("SELECT CAST('x' AS DATE)", "58000", "invalid date field format"),
        ("SELECT 9223372036854775807 + 1", "58000", "Overflow in addition"),
        ("INSERT INTO prof_daily SELECT 1", "58000", "AnalysisException: table prof_daily has 4"),
        ("SELECT $day", "58000", "Values were not provided"),
        ("SELECT error('boom')", "58000", "boom"),
        ("SELECT * FROM finance_margins", "42501", "no permission on dataset finance_margins"),
    ],
)
def test_codes_and_words(lake: Lake, sql: str, code: str, said: str) -> None:
    got = error(lake, sql)
    assert got.code == code
    assert said in got.message
    assert got.error_type == "USER_ERROR"
    assert "rows_" not in got.message
    assert "\n" not in got.message


def test_analysis_errors_are_wrapped_and_others_plain(lake: Lake) -> None:
    wrapped = error(lake, "SELECT totl FROM orders")
    assert wrapped.message.startswith("Batch query execution gets : [failed reason ErrorCode: ")
    assert wrapped.message.endswith("]]]")
    assert SESSION.search(wrapped.message)
    assert not error(lake, "SELECT * FROM xyz").message.startswith("Batch")


def test_the_same_statement_fails_with_the_same_words(lake: Lake) -> None:
    sql = "SELECT totl FROM orders"
    assert error(lake, sql) == error(lake, sql)


@pytest.mark.parametrize(
    "kind", [duckdb.IOException, duckdb.InternalException, duckdb.TransactionException]
)
def test_faults_of_the_engine_are_system_errors(kind: type[duckdb.Error]) -> None:
    got = from_exception(kind("TransactionContext Error: no luck!"), "SELECT 1")
    assert (got.code, got.error_type) == ("58000", "SYSTEM_ERROR")
    assert got.message == "Batch query execution gets : [no luck]"


def test_an_engine_error_of_an_unknown_kind_is_a_58000() -> None:
    got = from_exception(duckdb.NotSupportedError("Not implemented Error: later"), "SELECT 1")
    assert got.code == "58000"
    assert "later." in got.message


@pytest.mark.parametrize(
    ("limit_s", "words"), [(600, "10 minutes"), (86_400, "1440 minutes"), (5, "5 seconds")]
)
def test_a_timeout_names_its_limit(limit_s: float, words: str) -> None:
    got = timeout_error(limit_s)
    assert got.code == "53400"
    assert words in got.message
