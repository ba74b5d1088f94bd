"""When the runs of a schedule are looked at because one is due."""

from __future__ import annotations

from dataclasses import replace

from qsui.domain.states import ScheduleState
from qsui.live.dues import DueBook, look_at
from tests.live.fakes import HOUR, MINUTE, NOON, run, schedule

HOURLY = schedule("a")
KNOWN = [
    replace(known, seen_started_at=NOON - (n - 1) * HOUR + MINUTE)
    for n in range(1, 9)
    for known in [run("a", NOON - n * HOUR)]
]
DUE = NOON + HOUR


def test_the_first_look_comes_when_the_run_should_be_seen() -> None:
    assert look_at(HOURLY, KNOWN, NOON + MINUTE, NOON + MINUTE) == DUE + 2 * MINUTE
    assert look_at(HOURLY, KNOWN, DUE + 9 * MINUTE, NOON + MINUTE) == DUE + 2 * MINUTE


def test_the_second_look_comes_when_the_run_counts_as_missed() -> None:
    read_at = DUE + 3 * MINUTE

    assert look_at(HOURLY, KNOWN, read_at, read_at) == DUE + 30 * MINUTE


def test_a_fire_in_between_spares_the_second_look() -> None:
    often = schedule("a", "*/10 * * * *")
    read_at = NOON + 3 * MINUTE

    assert look_at(often, [], read_at, read_at) == NOON + 12 * MINUTE


def test_once_missed_the_next_fire_is_looked_for() -> None:
    read_at = DUE + 31 * MINUTE

    assert look_at(HOURLY, KNOWN, read_at, read_at) == DUE + HOUR + 2 * MINUTE


def test_a_known_run_is_not_looked_for() -> None:
    known = [*KNOWN, run("a", NOON)]

    assert look_at(HOURLY, known, DUE + 9 * MINUTE, NOON) == DUE + HOUR + 2 * MINUTE


def test_what_never_fires_is_never_looked_at() -> None:
    assert look_at(schedule("a", state=ScheduleState.DISABLED), [], NOON, NOON) is None
    assert look_at(schedule("a", "0 0 30 2 *"), [], NOON, NOON) is None


def test_the_book_yields_each_schedule_once_at_its_newest_time() -> None:
    book = DueBook()
    book.put("a", NOON + 2 * MINUTE)
    book.put("b", NOON + MINUTE)
    book.put("b", NOON + 3 * MINUTE)
    book.put("c", NOON + MINUTE)
    book.forget("c")

    assert (book.expects("b"), book.expects("c")) == (True, False)
    assert list(book.ready(NOON + 2 * MINUTE)) == ["a"]
    assert list(book.ready(NOON + 3 * MINUTE)) == ["b"]
    assert book.next_at() is None
    assert not book.expects("b")
