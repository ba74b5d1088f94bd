"""The reason behind a failure: unwrapped, keyed, shortened, with its remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.error_key import LONGEST_REASON, error_key, short_reason
from qsui.domain.models import QueryError
from qsui.domain.remedies import innermost, make_error, remedy

SESSION = "sessionId: f055dc73-1fbd-4c9c-8645-efa609da0a7b"
WRAPPED = (
    "ErrorCode: 58000 Batch query execution gets : [failed reason ErrorCode: 58000 "
    "Batch query execution gets : [Analysis error encountered. Reason: "
    f"[{SESSION} Function [varchar] not defined.]]]"
)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (WRAPPED, "Function [varchar] not defined."),
        (WRAPPED.rstrip("]"), "Function [varchar] not defined."),
        (WRAPPED + "]]", "Function [varchar] not defined."),
        (f"Reason: [{SESSION} [a] and [b] clash]", "[a] and [b] clash"),
        ("ErrorCode: 42P01 queryId: 08c3 Table x not found", "Table x not found"),
        ("Table web_events not found", "Table web_events not found"),
        ("Reason: []", "Reason: []"),
        ("Reason: [", "Reason: ["),
        (f"Reason: [{SESSION}]", SESSION),
        ("array index a[3] is out of bounds", "array index a[3] is out of bounds"),
        ("  ", "  "),
        ("", ""),
        ("]", "]"),
    ],
)
def test_the_innermost_reason_is_found(message: str, reason: str) -> None:
    assert innermost(message) == reason


@given(
    st.text(alphabet="abc XYZ[].,'()=", min_size=1).map(str.strip).filter(lambda t: t.strip("[] ")),
    st.integers(0, 6),
    st.booleans(),
)
def test_a_balanced_reason_survives_any_depth_of_wrapping(
    core: str, depth: int, with_session: bool
) -> None:
    core = core.replace("[", "(").replace("]", ")")
    text = f"Reason: [{SESSION + ' ' if with_session else ''}{core}]"
    for _ in range(depth):
        text = f"Batch query execution gets : [failed reason ErrorCode: 58000 {text}]"

    assert innermost(text) == core


@given(
    st.lists(
        st.sampled_from(
            ["Reason: [", "]", "[", " gets : [", "ErrorCode: 58000 ", f"{SESSION} ", "x", " ", "\n"]
        ),
        max_size=30,
    ).map("".join)
)
def test_junk_never_crashes_and_never_empties(message: str) -> None:
    reason = innermost(message)

    assert bool(reason) == bool(message)
    assert innermost(reason) == reason or not reason.strip()


def test_a_deep_nest_of_a_megabyte_is_read_in_no_time() -> None:
    assert innermost("Reason: [" * 100_000)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("42P01", "anything", "sandbox"),
        ("42p07", "", "INSERT INTO"),
        ("53400", "", "LIMIT above 100,000"),
        ("58000", "Function [x] not defined.", "function's name"),
        ("58000", "Table or view 'a' not found", "table's name"),
        ("58000", "boom", "support"),
        ("", "Session Limit Reached", "session cap"),
        ("", "Error validating schema: x", "schema"),
        ("", "No valid dataset", "deleted"),
        ("408", "", "out of time"),
        ("99999", "boom", ""),
    ],
)
def test_the_remedy_fits_the_code_or_the_text(code: str, message: str, words: str) -> None:
    found = remedy(code, message)

    assert words in found
    assert bool(found) == bool(words)


def test_an_error_carries_reason_raw_text_and_remedy() -> None:
    error = make_error("58000", WRAPPED, "USER_ERROR")

    assert error.message == "Function [varchar] not defined."
    assert error.raw == WRAPPED
    assert error.type == "USER_ERROR"
    assert "function" in error.remedy


def _error(message: str, code: str = "42P01", kind: str = "USER_ERROR") -> QueryError:
    return make_error(code, message, kind)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Table a not found; line 14 pos 3", "table a NOT found;  line 2 pos 17"),
        (
            "job 4d64cd49-cf8f-463a-a182-54bccb9954fc died",
            "job 08c3d75f-cf8f-463a-a182-54bccb9954fc died",
        ),
        ("no data for 2026-06-04T02:00:00Z", "no data for 2026-06-03 02:00:00.123+00:00"),
        ("no data for 2026-06-04", "no data for 2026-06-05"),
        (
            "run c2NoZWR1bGVkX18yMDIwLTAxLTA4VDEyOjMwOjAwKzAwOjAw failed",
            "run bWFudWFsX18yMDIwLTAxLTA4VDEyOjMwOjAwLjEyMyswMDowMA== failed",
        ),
        ("block 0x1f3a9c lost", "block 0xffee lost"),
        ("checksum deadbeef01 wrong", "checksum 00c0ffee99 wrong"),
        (WRAPPED, "Function [varchar] not defined."),
        ("read 1,204,118 of 1.5 rows", "read 3 of 7 rows"),
    ],
)
def test_what_differs_from_run_to_run_does_not_change_the_key(one: str, other: str) -> None:
    assert error_key(_error(one)) == error_key(_error(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_error("Table a not found"), _error("Table b not found")),
        (_error("Table sales_2024 not found"), _error("Table sales_2025 not found")),
        (_error("x"), _error("x", code="42601")),
        (_error("x"), _error("x", kind="SYSTEM_ERROR")),
        (_error("column partner1 missing"), _error("column partner2 missing")),
    ],
)
def test_names_type_and_code_do(one: QueryError, other: QueryError) -> None:
    assert error_key(one) != error_key(other)


def test_a_long_name_in_camel_case_is_not_taken_for_an_id() -> None:
    assert "accountsbypartnerandregionlatest" in error_key(
        _error("Table AccountsByPartnerAndRegionLatest not found")
    )


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("org.apache.spark.sql.AnalysisException: Table a not found", "Table a not found"),
        ("AnalysisException: Table a\tnot   found\nat line 3", "Table a not found"),
        ("\n\n second line first", "second line first"),
        ("", "42P01"),
    ],
)
def test_the_short_reason_is_one_line(message: str, short: str) -> None:
    assert short_reason(_error(message)) == short


def test_the_short_reason_of_nothing_still_says_something() -> None:
    assert short_reason(QueryError("", "", "")) == "no reason was sent"


@given(st.text())
def test_any_text_gives_a_key_and_a_short_reason(message: str) -> None:
    error = _error(message)

    assert error_key(error)
    assert 0 < len(short_reason(error)) <= LONGEST_REASON
    assert "\n" not in short_reason(error)
