"""The request budget holds over any minute, and keeps something for the user."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from qsui.live.budget import Budget
from tests.live.fakes import MINUTE, NOON, SECOND


def budget() -> Budget:
    return Budget(NOON, per_min=60, size=20, reserve=5)


def test_it_starts_full_and_keeps_the_last_tokens_for_the_user() -> None:
    purse = budget()
    for _ in range(15):
        assert purse.can_take(NOON, is_user=False)
        purse.take(NOON)
    assert not purse.can_take(NOON, is_user=False)
    for _ in range(5):
        assert purse.can_take(NOON, is_user=True)
        purse.take(NOON)
    assert not purse.can_take(NOON, is_user=True)


def test_it_says_when_the_next_request_may_go() -> None:
    purse = budget()
    purse.take(NOON, 20)
    assert purse.ready_at(NOON, is_user=True) == NOON + SECOND
    assert purse.ready_at(NOON, is_user=False) == NOON + 6 * SECOND
    assert purse.can_take(NOON + SECOND, is_user=True)


def test_a_read_that_cost_more_than_thought_is_paid_back_first() -> None:
    purse = budget()
    purse.take(NOON, 25)
    assert purse.ready_at(NOON, is_user=True) == NOON + 6 * SECOND


def test_it_saves_up_no_more_than_it_holds() -> None:
    purse = budget()
    assert purse.level(NOON + 60 * MINUTE) == 20


def test_it_counts_the_requests_of_the_last_minute() -> None:
    purse = budget()
    purse.take(NOON, 3)
    purse.take(NOON + 30 * SECOND)
    assert purse.sent_last_min(NOON + 59 * SECOND) == 4
    assert purse.sent_last_min(NOON + MINUTE) == 1


def test_a_clock_set_back_does_no_harm() -> None:
    purse = budget()
    purse.take(NOON, 20)
    assert not purse.can_take(NOON - MINUTE, is_user=True)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=300))
def test_any_minute_sees_at_most_the_rate_and_a_full_bucket(
    wishes: list[tuple[float, bool]],
) -> None:
    purse, now, sent = budget(), NOON, []
    for wait_s, is_user in wishes:
        now += timedelta(seconds=wait_s)
        while purse.can_take(now, is_user=is_user):
            purse.take(now)
            sent.append(now)
    for begin in sent:
        assert sum(begin <= at < begin + MINUTE for at in sent) <= 60 + 20
