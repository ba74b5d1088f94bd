"""A job's log by tool: its order, its filter, its windows, and how quickly it is laid out."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.jobs import ENGINE_TOOL, JobMessage, Severity
from qsui.present.job_messages import (
    MOST_ROWS,
    Least,
    LogLines,
    count_spans,
    count_words,
    counts_of,
    job_log,
)
from qsui.present.role import Role, plain
from qsui.present.signs import ASCII
from qsui.present.text import width_of, wrapped
from tests.present.jobs_made import HOSTILE, message

LOG = (
    message(Severity.INFO, "1,120 records were read", tool_id=3),
    message(Severity.ERROR, "ODBC: no such table", tool_id=18),
    message(Severity.WARNING, "null was used", tool_id=3),
    message(Severity.INFO, "Finished in 4.1 seconds", tool_id=ENGINE_TOOL),
    message(Severity.HIDDEN, "done", tool_id=3),
    message(Severity.UNKNOWN, "odd", tool_id=None, raw_status=99),
)


def lines(*messages: JobMessage, least: Least = Least.ALL, width: int = 80) -> list[str]:
    made = LogLines(job_log(messages), width, least=least)
    return [plain(line) for line in made.window(0, len(made))]


def test_the_engine_comes_first_then_tools_as_they_first_spoke() -> None:
    assert lines(*LOG) == [
        "· engine  1 info",
        "  · info    Finished in 4.1 seconds",
        "! tool 3  1 warning, 1 info, 1 hidden",
        "  · info    1,120 records were read",
        "  ! warning null was used",
        "  · hidden  done",
        "✗ tool 18  1 error",
        "  ✗ error   ODBC: no such table",
        "? no tool named  1 of unknown kind",
        "  ? code 99 odd",
    ]


@pytest.mark.parametrize(
    ("least", "shown"),
    [
        (Least.ERRORS, ["ODBC: no such table"]),
        (Least.WARNINGS, ["null was used", "ODBC: no such table"]),
        (
            Least.INFOS,
            [
                "Finished in 4.1 seconds",
                "1,120 records were read",
                "null was used",
                "ODBC: no such table",
                "odd",
            ],
        ),
    ],
)
def test_what_is_less_bad_than_asked_for_is_left_out(least: Least, shown: list[str]) -> None:
    assert [line[12:] for line in lines(*LOG, least=least) if line.startswith(" ")] == shown


def test_a_tool_of_which_nothing_is_shown_has_no_head() -> None:
    assert [line for line in lines(*LOG, least=Least.ERRORS) if not line.startswith(" ")] == [
        "✗ tool 18  1 error"
    ]


def test_each_severity_has_a_sign_a_word_and_a_role() -> None:
    made = LogLines(job_log(LOG), 80, least=Least.ALL, signs=ASCII)
    begins = [line[0] for line in made.window(0, len(made)) if line[0][0].startswith("  ")]
    assert ("  x error   ", Role.ERROR) in begins
    assert ("  ! warning ", Role.WARN) in begins
    assert all(piece.isascii() for piece, _ in begins)


def test_the_levels_go_round() -> None:
    assert [one.more for one in Least] == [
        Least.WARNINGS,
        Least.INFOS,
        Least.ALL,
        Least.ERRORS,
    ]


def test_messages_that_come_later_leave_the_order_of_the_tools() -> None:
    begun, more = LOG[:3], (message(Severity.INFO, "again", tool_id=18),)
    heads = [line for line in lines(*begun) if not line.startswith(" ")]
    grown = [line for line in lines(*begun, *more) if not line.startswith(" ")]
    assert [head.split("  ")[0] for head in heads] == [head.split("  ")[0] for head in grown]


def test_a_long_message_goes_on_below_its_words() -> None:
    shown = lines(message(Severity.INFO, "aa " * 30 + "end"), width=40)
    assert all(len(line) <= 40 for line in shown)
    assert shown[2].startswith(" " * 12 + "aa")
    assert " ".join(line[12:] for line in shown[1:]) == "aa " * 30 + "end"


def test_an_endless_message_is_cut_and_says_how_to_see_the_rest() -> None:
    shown = lines(message(Severity.ERROR, "word " * 3_000), width=40)
    assert len(shown) == MOST_ROWS + 1
    assert shown[-1].strip() == "and more: y shows the whole"


def test_a_window_is_a_part_of_the_whole() -> None:
    log = job_log(
        [message(Severity.INFO, f"line {n} " * (n % 5), tool_id=n % 3) for n in range(60)]
    )
    made = LogLines(log, 30)
    whole = made.window(0, len(made))
    assert len(whole) == len(made)
    for first in range(len(made) + 3):
        assert made.window(first, 7) == whole[first : first + 7]
    assert made.window(-5, 3) == whole[:3]
    assert made.window(2, 0) == []


def test_lines_know_their_message_and_the_heads_are_found() -> None:
    made = LogLines(job_log(LOG), 80, least=Least.ALL)
    assert [made.message_at(line) for line in made.heads] == [None] * 4
    error = LOG[1]
    at = made.line_of(error, 18)
    assert at is not None
    assert made.message_at(at) is error
    assert made.line_of(message(Severity.ERROR, "not there"), 18) is None
    assert made.message_at(len(made)) is None


def test_words_filter_without_case() -> None:
    made = LogLines(job_log(LOG), 80, least=Least.ALL, words="ODBC".lower())
    assert [plain(line) for line in made.window(0, 9)] == [
        "✗ tool 18  1 error",
        "  ✗ error   ODBC: no such table",
    ]


def test_counts_read_as_words() -> None:
    many = counts_of([*LOG, LOG[1], *[message(Severity.INFO, "x")] * 1_212])
    assert count_words(many) == "2 errors, 1 warning, 1,214 infos, 1 of unknown kind, 1 hidden"
    assert count_words({}) == ""
    assert plain(count_spans(counts_of(LOG))) == (
        "✗ 1 error  ! 1 warning  2 infos, 1 of unknown kind, 1 hidden"
    )
    assert plain(count_spans({})) == "no messages"
    assert job_log(LOG).worst is Severity.ERROR
    assert job_log(()).worst is None


def test_an_empty_log_has_no_lines() -> None:
    made = LogLines(job_log(()), 80)
    assert (len(made), made.window(0, 10), made.heads) == (0, [], ())


def test_5000_messages_are_laid_out_at_once_and_drawn_by_the_window() -> None:
    said = [
        message(
            Severity.INFO if n % 9 else Severity.WARNING, f"record {n}: " + "x" * (n % 150), n % 40
        )
        for n in range(5_000)
    ]
    begun = perf_counter()
    made = LogLines(job_log(said), 100)
    laid_out = perf_counter() - begun
    begun = perf_counter()
    for first in range(0, len(made), 97):
        made.window(first, 40)
    each = (perf_counter() - begun) / (len(made) / 97)
    assert len(made) > 5_000
    assert laid_out < 0.5
    assert each < 0.01


@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(Severity),
            st.text(max_size=300) | st.just(HOSTILE),
            st.none() | st.integers(-2, 5),
        ),
        max_size=20,
    ),
    width=st.integers(1, 120),
    least=st.sampled_from(Least),
)
def test_no_log_crashes_or_overflows(
    said: list[tuple[Severity, str, int | None]], width: int, least: Least
) -> None:
    log = job_log([message(severity, text, tool) for severity, text, tool in said])
    made = LogLines(log, width, least=least)
    window = made.window(0, len(made) + 1)
    assert len(window) == len(made)
    for line in window:
        assert all(piece.isprintable() for piece, _ in line)
        assert width_of(plain(line)) <= max(width, 24)


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" ")))
def test_wrapping_keeps_every_word(text: str) -> None:
    pieces = wrapped(text, 9)
    assert all(width_of(piece) <= 9 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
