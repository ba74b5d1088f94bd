"""What is usual for a schedule, and from when on a run of it is slow."""

from __future__ import annotations

from datetime import timedelta
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain.durations import SLOW_LEAST, Pace, pace

MINUTE = timedelta(minutes=1)
SPREAD = [100 * exp(step / 10) * MINUTE for step in (2, -1, 0, 1, -2)]


def test_slow_is_three_deviations_of_the_logarithm_above_the_median() -> None:
    found = pace(SPREAD)

    assert found.runs == 5
    assert found.median == 100 * MINUTE
    assert found.slow_after is not None
    assert found.slow_after / MINUTE == pytest.approx(100 * exp(3 * 1.4826 * 0.1))


def test_runs_that_never_differ_get_five_minutes_of_grace() -> None:
    assert pace([10 * MINUTE] * 5).slow_after == 10 * MINUTE + SLOW_LEAST == 15 * MINUTE


def test_of_fewer_than_five_nothing_is_slow() -> None:
    assert pace(SPREAD[:4]).slow_after is None
    assert pace([]) == Pace()
    assert pace([None, None]) == Pace()


def test_a_ratio_needs_both_sides() -> None:
    assert Pace(1, 10 * MINUTE).ratio(25 * MINUTE) == 2.5
    assert Pace(1, 10 * MINUTE).ratio(None) is None
    assert Pace().ratio(MINUTE) is None


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=40)), min_size=5, max_size=30))
def test_nothing_usual_is_slow(durations: list[timedelta]) -> None:
    found = pace(durations)

    assert found.median is not None
    assert found.slow_after is not None
    assert min(durations) <= found.median <= max(durations)
    assert found.slow_after >= found.median + SLOW_LEAST
