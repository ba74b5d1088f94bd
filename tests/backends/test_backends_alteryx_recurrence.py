"""Cron and the recurrences of an Alteryx Server: what one says the other does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsui.backends.alteryx.recurrence import (
    NoRecurrenceError,
    cron_in,
    cron_of,
    iteration_for,
    zone_of,
)
from qsui.domain.cron import is_same, next_fire, parse
from qsui.emulator.alteryx.recurrence import Recurrence

NOW = datetime(2026, 6, 4, 12, 0, 30, tzinfo=UTC)


def fires_of_server(iteration: dict[str, Any], zone: str, count: int) -> list[datetime]:
    """When the emulated server, which shares no code with the adapter, would run it."""
    plain = iteration | {"startTime": iteration["startTime"].removesuffix("Z")}
    rule = Recurrence.of(plain, zone)
    found: list[datetime] = []
    at = int(NOW.timestamp() * 1_000_000)
    while len(found) < count:
        following = rule.after(at)
        if following is None:
            break
        at = following
        found.append(datetime.fromtimestamp(at / 1_000_000, UTC))
    return found


def fires_of_cron(cron: str, count: int) -> list[datetime]:
    found: list[datetime] = []
    at = NOW + timedelta(minutes=1)
    while len(found) < count:
        following = next_fire(parse(cron), at)
        if following is None:
            break
        at = following
        found.append(at)
    return found


def field(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    several = st.lists(numbers, min_size=1, max_size=3, unique=True)
    steps = st.sampled_from(
        [step for step in (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30) if step < high]
    )
    return st.one_of(
        st.just("*"),
        numbers.map(str),
        several.map(lambda values: ",".join(map(str, sorted(values)))),
        steps.map(lambda step: f"*/{step}"),
    )


CRONS = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map(" ".join)
SIMPLE = st.one_of(
    st.tuples(st.integers(0, 59), st.integers(0, 23), field(1, 31), field(1, 12)).map(
        lambda parts: " ".join(map(str, (*parts, "*")))
    ),
    st.tuples(st.integers(0, 59), st.integers(0, 23), field(0, 6)).map(
        lambda parts: f"{parts[0]} {parts[1]} * * {parts[2]}"
    ),
    st.sampled_from(["*/5 * * * *", "7,22,37,52 * * * *", "11 */6 * * *", "0 1-23/2 * * *"]),
)


@given(st.one_of(CRONS, SIMPLE))
@settings(max_examples=150, deadline=None)
def test_what_an_older_release_is_given_fires_when_the_cron_does(cron: str) -> None:
    try:
        iteration = iteration_for(cron, zone="", now=NOW, with_cron=False)
    except NoRecurrenceError as error:
        assert str(error)  # noqa: PT017 either way is right
        return
    assert fires_of_server(iteration, "", 12) == fires_of_cron(cron, 12)
    back = cron_of(iteration, "")
    assert is_same(back, cron), (back, cron)


@given(CRONS)
@settings(max_examples=60, deadline=None)
def test_the_newest_release_is_given_the_cron_itself(cron: str) -> None:
    try:
        iteration = iteration_for(cron, zone="", now=NOW, with_cron=True)
    except NoRecurrenceError:
        return
    assert iteration["cronContract"] == {"cronExpression": cron}
    assert fires_of_server(iteration, "", 5) == fires_of_cron(cron, 5)


@pytest.mark.parametrize(
    ("given_cron", "sent"),
    [
        ("@daily", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("0 6 * JAN-mar mon-fri", "0 6 * 1-3 1-5"),
        ("0 6 * * fri-sun", "0 6 * * 5-7"),
        ("0 6 * * sun", "0 6 * * 0"),
        ("  0  6 * *   * ", "0 6 * * *"),
    ],
)
def test_aliases_and_names_are_not_left_to_the_server(given_cron: str, sent: str) -> None:
    iteration = iteration_for(given_cron, zone="", now=NOW, with_cron=True)
    assert iteration["cronContract"]["cronExpression"] == sent
    assert is_same(sent, given_cron)


@pytest.mark.parametrize(
    ("zone", "cron", "start"),
    [
        ("", "0 12 * * *", "2026-06-05T12:00:00Z"),
        ("", "1 12 * * *", "2026-06-05T12:01:00Z"),  # less than a minute ahead is too close
        ("", "2 12 * * *", "2026-06-04T12:02:00Z"),
        ("Europe/Zurich", "30 14 * * *", "2026-06-04T14:30:00"),
        ("Europe/Zurich", "0 14 * * *", "2026-06-05T14:00:00"),
        ("America/New_York", "30 8 * * *", "2026-06-04T08:30:00"),
        ("Europe/Zurich", "30 2 28 3 *", "2028-03-28T02:30:00"),  # in 2027 the clocks skip it
    ],
)
def test_it_starts_at_the_next_fire_in_its_zone(zone: str, cron: str, start: str) -> None:
    assert iteration_for(cron, zone=zone, now=NOW, with_cron=True)["startTime"] == start


@pytest.mark.parametrize("cron", ["@once", "0 0 30 2 *", "0 0 12 * * ?", "no", ""])
def test_what_is_no_cadence_is_refused(cron: str) -> None:
    with pytest.raises(NoRecurrenceError):
        iteration_for(cron, zone="", now=NOW, with_cron=True)


def test_a_gap_of_hours_is_exact_only_without_summer_time() -> None:
    fixed = iteration_for("0 */6 * * *", zone="Asia/Kolkata", now=NOW, with_cron=False)
    assert fixed["hourlyContract"] == {"hours": 6, "minutes": 0}
    with pytest.raises(NoRecurrenceError, match="drift"):
        iteration_for("0 */6 * * *", zone="Europe/Zurich", now=NOW, with_cron=False)
    assert iteration_for("*/30 * * * *", zone="Europe/Zurich", now=NOW, with_cron=False)


@pytest.mark.parametrize(
    ("frequency", "cron"),
    [
        ("Cron 30 6 * * 1-5", "30 6 * * 1-5"),
        ("30 6 * * *", "30 6 * * *"),
        ("Daily at 06:30", ""),
        ("Every 0 hours 15 minutes", ""),
        ("", ""),
        ("Cron 61 6 * * *", ""),
    ],
)
def test_a_cron_is_found_at_the_end_of_the_servers_words(frequency: str, cron: str) -> None:
    assert cron_in(frequency) == cron


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["iterationType", "startTime", "hourlyContract", "dailyContract", "weeklyContract",
     "monthlyContract", "customContract", "cronContract", "x"]
)  # fmt: skip
TYPES = st.sampled_from(["Hourly", "Daily", "Weekly", "Monthly", "Custom", "Cron", "Once", "?"])


@given(st.dictionaries(KEYS, JSON), TYPES, st.sampled_from(["", "Europe/Zurich", "nowhere"]))
@settings(max_examples=150, deadline=None)
def test_no_recurrence_crashes_the_reader(iteration: dict[str, Any], kind: str, zone: str) -> None:
    for one in (iteration, iteration | {"iterationType": kind, "startTime": "2026-01-01T01:02:00"}):
        assert isinstance(cron_of(one, zone), str)


def test_zones_are_read_by_their_names() -> None:
    assert str(zone_of("")) == "UTC"
    assert str(zone_of(" Europe/Zurich ")) == "Europe/Zurich"
    assert zone_of("W. Europe Standard Time") is None
    assert zone_of("../../etc/passwd") is None
