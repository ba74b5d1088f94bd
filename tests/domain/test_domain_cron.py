"""Cron expressions: the grammar, the fires, and that croniter and our own walk agree."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain import cron as crons
from qsui.domain.cron import CronError
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def _schedule(cron: str, **changes: object) -> Schedule:
    values: dict[str, object] = {
        "ref": Ref("p", "s", Kind.SCHEDULE, "", "one"),
        "name": "one",
        "state": ScheduleState.ENABLED,
        "raw_state": "ENABLED",
        "cron": cron,
    }
    return Schedule(**(values | changes))  # type: ignore[arg-type]  # built from a table


def _field(index: int) -> SearchStrategy[str]:
    low, high = _RANGES[index]
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.integers(1, (high - low) // 2).map(lambda size: f"*/{size}")
    part = st.one_of(number.map(str), span)
    parts = st.lists(part, min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), step, parts)


EXPRESSIONS = st.tuples(*(_field(index) for index in range(5))).map(" ".join)
TIMES = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 2 * * *", "2026-06-05T02:00"),
        ("*/20 * * * *", "2026-06-04T03:20"),
        ("5/15 * * * *", "2026-06-04T03:20"),
        ("20 6 * * MON-FRI", "2026-06-04T06:20"),
        ("0 0 * * fri-sun", "2026-06-05T00:00"),
        ("0 0 * * 7", "2026-06-07T00:00"),
        ("0 0 * * 5-7", "2026-06-05T00:00"),
        ("0 0 13 * 5", "2026-06-05T00:00"),
        ("0 0 1-31 * 1", "2026-06-05T00:00"),
        ("0 0 29 feb *", "2028-02-29T00:00"),
        ("12 3 * * *", "2026-06-05T03:12"),
        ("  13 3 * * *  ", "2026-06-04T03:13"),
        ("@hourly", "2026-06-04T04:00"),
        ("@DAILY", "2026-06-05T00:00"),
        ("@weekly", "2026-06-07T00:00"),
        ("@monthly", "2026-07-01T00:00"),
        ("@yearly", "2027-01-01T00:00"),
    ],
)
def test_the_next_fire_is_the_one_expected(text: str, expected: str) -> None:
    cron = crons.parse(text)
    fire = datetime.fromisoformat(f"{expected}:00+00:00")

    assert crons.next_fire(cron, NOW) == fire
    assert crons.next_fires(cron, NOW, 1) == (fire,)
    assert cron.raw == text


@pytest.mark.parametrize(
    ("text", "field", "position", "words"),
    [
        ("1 0 0 1 1 *", "", 10, "Quartz"),
        ("0 0 2 * * ? 2026", "", 10, "7 fields"),
        ("* *", "", 3, "2 fields"),
        ("", "", 0, "five"),
        ("@reboot", "", 0, "no alias"),
        ("60 * * * *", "minute", 0, "outside 0-59"),
        ("0 0 0 * *", "day of month", 4, "outside 1-31"),
        ("0 0 * * mon-xx", "day of week", 12, "neither"),
        ("0 0 * * 8", "day of week", 8, "outside 0-7"),
        ("0 0 ? * *", "day of month", 4, "Quartz signs"),
        ("0 0 * * 1#2", "day of week", 8, "Quartz signs"),
        ("0 0 L * *", "day of month", 4, "Quartz signs"),
        ("5-1 * * * *", "minute", 0, "backwards"),
        ("0,,5 * * * *", "minute", 2, "missing"),
        ("0 1- * * *", "hour", 4, "missing"),
        ("*/0 * * * *", "minute", 2, "no step"),
        ("*/ * * * *", "minute", 2, "no step"),
        ("*/60 * * * *", "minute", 2, "longer"),
        ("0 -1 * * *", "hour", 2, "missing"),
        ("٣ * * * *", "minute", 0, "neither"),
        ("R * * * *", "minute", 0, "neither"),
    ],
)
def test_what_is_outside_the_grammar_is_refused_with_place_and_reason(
    text: str, field: str, position: int, words: str
) -> None:
    with pytest.raises(CronError) as caught:
        crons.parse(text)

    assert (caught.value.field, caught.value.position) == (field, position)
    assert words in caught.value.reason
    assert crons.try_parse(text) is None


@given(st.text(alphabet="0123456789*/-,@ LW?#aemonx\t\n", max_size=30))
def test_no_text_makes_try_parse_raise(text: str) -> None:
    cron = crons.try_parse(text)

    if cron is not None and not cron.is_once:
        crons.next_fire(cron, NOW)


@given(EXPRESSIONS, TIMES)
def test_croniter_and_our_walk_agree(text: str, after: datetime) -> None:
    cron = crons.parse(text)
    fires = crons.next_fires(cron, after, 4)

    walked: list[datetime] = []
    at: datetime | None = after
    while at is not None and len(walked) < 4:
        at = crons.next_fire(cron, at)
        if at is not None:
            walked.append(at)
    assert fires == tuple(walked)
    assert all(early < late for early, late in pairwise((after, *fires)))


@given(EXPRESSIONS, TIMES)
def test_looking_back_finds_what_looking_forward_found(text: str, after: datetime) -> None:
    cron = crons.parse(text)
    fire = crons.next_fire(cron, after)
    if fire is None:
        assert cron.is_never
        return
    assert crons.previous_fire(cron, fire + MINUTE) == fire
    assert crons.previous_fires(cron, fire, 1) == (fire,)
    before = crons.previous_fire(cron, fire)
    assert before is None or before <= after


@given(EXPRESSIONS, TIMES, st.integers(0, 3 * 24 * 60))
def test_counting_fires_is_the_same_as_walking_them(
    text: str, after: datetime, minutes: int
) -> None:
    cron = crons.parse(text)
    until = after + timedelta(minutes=minutes)
    walked = 0
    at = crons.next_fire(cron, after)
    while at is not None and at <= until:
        walked += 1
        at = crons.next_fire(cron, at)

    assert crons.count_fires(cron, after, until) == walked


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "@once"])
def test_a_date_that_does_not_exist_never_fires(text: str) -> None:
    cron = crons.parse(text)

    assert cron.is_never
    assert crons.next_fire(cron, NOW) is None
    assert crons.previous_fire(cron, NOW) is None
    assert crons.previous_fires(cron, NOW, 3) == ()
    assert crons.next_fires(cron, NOW, 3) == ()
    assert crons.count_fires(cron, NOW - timedelta(days=400), NOW) == 0
    assert crons.interval(cron, NOW) == timedelta(0)


def test_a_leap_day_is_found_across_a_century_without_one() -> None:
    cron = crons.parse("0 0 29 2 *")

    assert crons.next_fire(cron, datetime(2096, 3, 1, tzinfo=UTC)) == datetime(
        2104, 2, 29, tzinfo=UTC
    )


def test_the_interval_is_the_one_around_the_time() -> None:
    assert crons.interval(crons.parse("0 0 * * 1-5"), NOW) == timedelta(days=1)
    assert crons.interval(crons.parse("0 0 * * 1,5"), NOW) == timedelta(days=4)


@pytest.mark.parametrize(
    ("cron", "changes", "expected"),
    [
        ("0 * * * *", {}, datetime(2026, 6, 4, 4, tzinfo=UTC)),
        ("0 * * * *", {"state": ScheduleState.DISABLED}, None),
        ("1 0 0 1 1 *", {}, None),
        ("0 * * * *", {"end_at": NOW}, None),
        ("0 * * * *", {"end_at": NOW + timedelta(hours=1)}, datetime(2026, 6, 4, 4, tzinfo=UTC)),
        ("0 2 * * *", {"start_at": datetime(2026, 6, 9, 2, tzinfo=UTC)}, "2026-06-10T02:00"),
        ("0 2 * * *", {"start_at": datetime(2026, 6, 9, 1, tzinfo=UTC)}, "2026-06-10T02:00"),
        ("0 2 * * *", {"start_at": datetime(2026, 6, 9, 3, tzinfo=UTC)}, "2026-06-11T02:00"),
        ("0 2 * * *", {"start_at": datetime(2026, 6, 4, 3, tzinfo=UTC)}, "2026-06-06T02:00"),
        ("@once", {"start_at": NOW + MINUTE}, NOW + MINUTE),
        ("@once", {"start_at": NOW}, None),
        ("@once", {}, None),
    ],
)
def test_a_run_is_due_only_while_enabled_and_between_the_dates(
    cron: str, changes: dict[str, object], expected: datetime | str | None
) -> None:
    if isinstance(expected, str):
        expected = datetime.fromisoformat(f"{expected}:00+00:00")

    assert crons.next_fire_of(_schedule(cron, **changes), NOW) == expected


def test_importing_the_module_does_not_import_croniter() -> None:
    code = "import sys, qsui.domain.cron, qsui.domain.verdict; sys.exit('croniter' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
