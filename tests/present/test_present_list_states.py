"""What stands in place of rows, and the status line, where a list is of several scopes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from qsui.present import list_states
from qsui.present.role import plain
from tests.present.jobs_made import CTX, HOSTILE, NOW


@dataclass(frozen=True)
class Trouble:
    message: str = "refused"
    status: int = 401
    request_id: str = ""
    since: datetime = NOW
    tries: int = 2
    next_try_at: datetime | None = NOW + timedelta(seconds=32)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["ayx"], "ayx"),
        (["acme/prod", "ayx"], "acme/prod and ayx"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "4 scopes"),
    ],
)
def test_several_scopes_are_named_while_they_are_few(names: list[str], words: str) -> None:
    assert list_states.where_words(names) == words


@pytest.mark.parametrize(
    ("troubles", "others", "words"),
    [
        (
            [("ayx", Trouble())],
            1,
            "✗ Jobs: 401 from ayx, 2 tries. Next try 03:13:10Z. The other scope is live. r try now",
        ),
        (
            [("ayx", Trouble(status=0, tries=1, next_try_at=None)), ("b", Trouble())],
            2,
            "✗ Jobs: no answer from ayx, 1 try. 1 more scope has trouble. "
            "The other scopes are live. r try now",
        ),
        (
            [("a", Trouble(status=200)), ("b", Trouble()), ("c", Trouble())],
            0,
            "✗ Jobs: an unreadable answer from a, 2 tries. 2 more scopes have trouble. "
            "Next try 03:13:10Z. r try now",
        ),
    ],
)
def test_one_line_says_which_scope_is_in_trouble_and_that_others_go_on(
    troubles: list[tuple[str, Trouble]], others: int, words: str
) -> None:
    assert plain(list_states.partly("jobs", troubles, others, CTX)) == words


def test_the_name_of_a_scope_is_harmless_there() -> None:
    line = list_states.partly("jobs", [(HOSTILE, Trouble())], 1, CTX)
    assert all(piece.isprintable() for piece, _ in line)


def test_what_is_forbidden_says_whom_to_ask() -> None:
    def words(*, has_jobs: bool) -> str:
        lines = list_states.forbidden("jobs", Trouble(), "ayx", has_jobs=has_jobs)
        return "\n".join(plain(line) for line in lines)

    assert "GET jobs: 401" in words(has_jobs=True)
    assert "curator" in words(has_jobs=True)
    assert "Query Service" not in words(has_jobs=True)
    assert "Query Service" in words(has_jobs=False)


def test_a_refused_login_says_that_nothing_is_tried_and_what_to_mend() -> None:
    lines = list_states.login_refused(Trouble(), f"ayx{HOSTILE}", CTX)
    shown = "\n".join(plain(line) for line in lines)
    assert "✗ Login refused (401) for ayx" in shown
    assert "polling stopped" in shown
    assert "fix the id and secret of the profile, or choose another with @" in shown
    assert all(piece.isprintable() for line in lines for piece, _ in line)
