"""Editing an expression: fields and steps in its text, and what an edit changes."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.domain import cron_effect, cron_load
from qsui.domain.cron import CronError, next_fires, parse, previous_fires, try_parse
from qsui.domain.cron_edit import (
    ALIAS_RING,
    at_slot,
    from_quartz,
    presets,
    span_at,
    spans,
    step,
)
from qsui.domain.cron_effect import Overlap, Side, effect, first_dues, next_shift, overlap
from qsui.domain.cron_grammar import ALIASES, FIELD_NAMES, read_field
from qsui.domain.cron_load import Load
from qsui.domain.models import Kind, Ref, Schedule
from qsui.domain.states import ScheduleState

NOW = datetime(2026, 6, 4, 3, 12, tzinfo=UTC)  # a Thursday
MINUTE = timedelta(minutes=1)
PARIS = ZoneInfo("Europe/Paris")

_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES = {3: ("jan", "FEB", "Dec"), 4: ("sun", "MON", "Sat")}


def a_part(index: int) -> st.SearchStrategy[str]:
    low, high = _LIMITS[index]
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    shapes = [
        st.just("*"),
        number.map(str),
        number.map(lambda value: f"{value:02d}"),
        span,
        st.integers(1, (high - low) // 2).map(lambda size: f"*/{size}"),
        st.tuples(span, st.integers(1, 3)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    ]
    if index in _NAMES:
        shapes.append(st.sampled_from(_NAMES[index]))
        shapes.append(st.just(f"{_NAMES[index][1]}-{_NAMES[index][2]}"))
    return st.one_of(shapes)


def a_field(index: int) -> st.SearchStrategy[str]:
    return st.lists(a_part(index), min_size=1, max_size=3).map(",".join)


EXPRESSIONS = (
    st.tuples(*(a_field(index) for index in range(5)))
    .map(" ".join)
    .filter(lambda text: try_parse(text) is not None)
)


def a_schedule(cron: str = "0 2 * * *", **changes: object) -> Schedule:
    values: dict[str, object] = {
        "ref": Ref("p", "s", Kind.SCHEDULE, "", "one"),
        "name": "one",
        "state": ScheduleState.ENABLED,
        "raw_state": "ENABLED",
        "cron": cron,
        "start_at": NOW - timedelta(days=100),
    }
    return Schedule(**(values | changes))  # type: ignore[arg-type]  # built from a table


# The text


@given(st.text(st.sampled_from("0159*/,- \tMON?#"), max_size=30), st.integers(-3, 40))
def test_spans_cover_the_text_and_a_step_never_breaks(text: str, cursor: int) -> None:
    found = spans(text)
    covered = "".join(text[span.start : span.end] for span in found)
    assert covered == "".join(text.split())
    assert [text[span.start : span.end] for span in found] == [span.text for span in found]
    under = span_at(text, cursor)
    assert (under is None) == (not found)
    for direction in (1, -1):
        edited = step(text, cursor, direction)
        assert edited is None or 0 <= edited.cursor <= len(edited.text)


@given(EXPRESSIONS, st.data())
def test_a_step_of_a_valid_expression_is_valid_and_changes_one_field(
    text: str, data: st.DataObject
) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    direction = data.draw(st.sampled_from((1, -1)))
    for _ in range(data.draw(st.integers(1, 70))):
        edited = step(text, cursor, direction)
        if edited is None:
            break
        parse(edited.text)
        before, after = text.split(), edited.text.split()
        changed = [index for index in range(5) if before[index] != after[index]]
        under = span_at(text, cursor)
        assert under is not None
        assert changed == [under.index]
        text, cursor = edited.text, edited.cursor
        assert (now := span_at(text, cursor)) is not None
        assert now.index == under.index


@pytest.mark.parametrize(
    ("before", "cursor", "direction", "after"),
    [
        ("30 2 * * *", 0, 1, "31 2 * * *"),
        ("59 2 * * *", 2, 1, "0 2 * * *"),
        ("0 2 * * *", 0, -1, "59 2 * * *"),
        ("0 2 * * *", 3, -1, "0 1 * * *"),
        ("0 * * * *", 2, 1, "0 0 * * *"),
        ("0 * * * *", 2, -1, "0 23 * * *"),
        ("0 2 * * *", 4, 1, "0 2 1 * *"),
        ("30 */6 * * *", 5, 1, "30 */8 * * *"),
        ("30 */6 * * *", 3, -1, "30 */4 * * *"),
        ("*/30 * * * *", 4, 1, "*/2 * * * *"),
        ("*/7 * * * *", 3, 1, "*/10 * * * *"),
        ("0 8-18/2 * * *", 7, 1, "0 8-18/3 * * *"),
        ("0 8-18 * * *", 2, 1, "0 9-18 * * *"),
        ("0 8-18 * * *", 6, 1, "0 8-19 * * *"),
        ("0 8-23 * * *", 6, 1, "0 8-8 * * *"),
        ("0,15,30 * * * *", 4, 1, "0,16,30 * * * *"),
        ("0,29,30 * * * *", 4, 1, "0,31,30 * * * *"),
        ("05 2 * * *", 0, 1, "06 2 * * *"),
        ("0 0 * * MON-FRI", 9, 1, "0 0 * * TUE-FRI"),
        ("0 0 * * mon-sat", 14, 1, "0 0 * * mon-sun"),
        ("0 0 * Dec *", 6, 1, "0 0 * Jan *"),
        ("0 0 * * 7", 8, 1, "0 0 * * 1"),
        ("0 0 * * 0", 8, -1, "0 0 * * 6"),
        ("@daily", 3, 1, "@weekly"),
        ("@annually", 3, 1, "@hourly"),
        ("@once", 3, 1, "@hourly"),
    ],
)
def test_a_step_goes_to_the_sensible_neighbour(
    before: str, cursor: int, direction: int, after: str
) -> None:
    edited = step(before, cursor, direction)
    assert edited is not None
    assert edited.text == after


@pytest.mark.parametrize(
    ("text", "cursor"),
    [("", 0), ("   ", 1), ("61 * * * *", 1), ("0 0 ? * *", 4), ("@reboot", 2), ("0 0 1 1 * *", 10)],
)
def test_what_cannot_be_stepped_stays(text: str, cursor: int) -> None:
    assert step(text, cursor, 1) is None


@given(EXPRESSIONS)
def test_the_expanded_values_of_the_fields_say_the_same(text: str) -> None:
    cron = parse(text)
    values = [read_field(index, field) for index, field in enumerate(text.split())]
    listed = [
        "*" if star else ",".join(map(str, sorted(found)))
        for found, star in zip(
            values,
            (False, False, cron.every_day, False, cron.every_weekday),
            strict=True,
        )
    ]
    again = parse(" ".join(listed))

    assert (cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays) == (
        again.minutes,
        again.hours,
        again.days,
        again.months,
        again.weekdays,
    )
    assert next_fires(cron, NOW, 4) == next_fires(again, NOW, 4)


def test_a_field_by_itself_is_refused_with_its_own_place() -> None:
    with pytest.raises(CronError) as caught:
        read_field(FIELD_NAMES.index("hour"), "1,25")
    assert (caught.value.field, caught.value.position) == ("hour", 2)


@given(st.one_of(EXPRESSIONS, st.sampled_from([*ALIASES, "@once", "", "x", "0 0 ? * *"])))
def test_presets_are_valid_and_keep_the_time_of_day(text: str) -> None:
    found = presets(text, "35 2 * * *")
    assert [preset.words for preset in found] == ["hourly", "daily", "weekly", "monthly"]
    wanted = try_parse(text) or parse("35 2 * * *")
    minute = 35 if wanted.is_once else wanted.minutes[0]
    for preset in found:
        assert parse(preset.cron).minutes == (minute,)


def test_aliases_step_in_a_ring() -> None:
    text = ALIAS_RING[0]
    seen = [text]
    for _ in ALIAS_RING[1:]:
        edited = step(text, 0, 1)
        assert edited is not None
        text = edited.text
        seen.append(text)
    assert tuple(seen) == ALIAS_RING


@pytest.mark.parametrize(
    ("text", "five"),
    [
        ("0 0 2 * * ?", "0 2 * * *"),
        ("0 30 6 ? * MON-FRI *", "30 6 * * MON-FRI"),
        ("0 30 6 ? * 2-6", ""),  # Quartz counts from Sunday = 1: a guess could be a day off
        ("10 0 2 * * ?", ""),
        ("0 0 2 L * ?", ""),
        ("0 0 2 * * ? 2026", ""),
        ("0 2 * * *", ""),
    ],
)
def test_quartz_is_translated_only_where_that_is_certain(text: str, five: str) -> None:
    assert from_quartz(text) == five


def test_another_slot_keeps_the_days() -> None:
    assert at_slot("30 6 * * MON-FRI", 10, 7) == "10 7 * * MON-FRI"
    assert at_slot("30 */6 * * *", 10, None) == "10 */6 * * *"
    assert at_slot("@daily", 5, 1) == "5 1 * * *"
    assert at_slot("nonsense", 5, 1) == "nonsense"


# What an edit changes


def test_old_and_new_fires_are_one_list_in_the_order_of_time() -> None:
    found = effect(a_schedule(), parse("0 2 * * *"), parse("30 */6 * * *"), NOW, count=6)
    assert [(f"{fire.at:%a %H:%M}", fire.side) for fire in found.fires] == [
        ("Thu 06:30", Side.ADDED),
        ("Thu 12:30", Side.ADDED),
        ("Thu 18:30", Side.ADDED),
        ("Fri 00:30", Side.ADDED),
        ("Fri 02:00", Side.REMOVED),
        ("Fri 06:30", Side.ADDED),
    ]
    assert found.a_day == (1.0, 4.0)
    assert found.gaps == (timedelta(days=1), timedelta(hours=6))
    assert found.first == NOW.replace(hour=6, minute=30)


def test_a_fire_of_both_is_unchanged() -> None:
    found = effect(a_schedule(), parse("0 2 * * *"), parse("0 2,14 * * *"), NOW, count=3)
    assert [fire.side for fire in found.fires] == [Side.ADDED, Side.SAME, Side.ADDED]


@given(EXPRESSIONS, EXPRESSIONS)
def test_fires_increase_and_the_list_misses_none(old: str, new: str) -> None:
    begun = a_schedule(start_at=None)  # with a start the first run is one interval later
    found = effect(begun, parse(old), parse(new), NOW, count=8).fires
    assert all(earlier.at < later.at for earlier, later in pairwise(found))
    assert all(fire.at > NOW for fire in found)
    for text, side in ((old, Side.ADDED), (new, Side.REMOVED)):
        mine = tuple(fire.at for fire in found if fire.side is not side)
        assert mine == next_fires(parse(text), NOW, 8)[: len(mine)]


@given(EXPRESSIONS)
def test_no_two_fires_are_nearer_than_the_smallest_gap(text: str) -> None:
    cron = parse(text)
    fires = previous_fires(cron, NOW, 200)
    gaps = [later - earlier for earlier, later in pairwise(fires)]
    gap = cron_effect.smallest_gap(cron, NOW)
    if gap is not None and gaps:
        assert min(gaps) >= gap
    if gap is None:
        assert cron.is_never


@pytest.mark.parametrize(
    ("text", "a_day", "gap_min"),
    [
        ("0 2 * * *", 1.0, 1440),
        ("*/20 * * * *", 72.0, 20),
        ("50 23,0 * * *", 2.0, 60),
        ("0 2 * * 1", 1 / 7, 7 * 1440),
        ("0 0 28,1 * *", 24 / 365.25, 1440),  # 28 February, 1 March
        ("0 0 30 2 *", 0.0, None),
        ("@once", 0.0, None),
    ],
)
def test_runs_a_day_and_the_smallest_gap(text: str, a_day: float, gap_min: int | None) -> None:
    cron = parse(text)
    assert cron_effect.runs_a_day(cron, NOW) == pytest.approx(a_day, rel=0.01)
    gap = cron_effect.smallest_gap(cron, NOW)
    assert gap == (None if gap_min is None else timedelta(minutes=gap_min))


def test_overlap_is_told_from_known_durations() -> None:
    gap, short, long = timedelta(minutes=15), timedelta(minutes=4), timedelta(minutes=20)
    assert overlap(gap, short, short) is Overlap.NONE
    assert overlap(gap, short, long) is Overlap.SOMETIMES
    assert overlap(gap, long, long) is Overlap.USUAL
    assert overlap(gap, None, None) is Overlap.UNKNOWN
    assert overlap(None, None, None) is Overlap.NONE


def test_dates_that_do_not_exist_and_an_end_before_the_next_fire_are_told_apart() -> None:
    never = effect(a_schedule(), parse("0 2 * * *"), parse("0 0 30 2 *"), NOW, count=4)
    assert (never.first, never.ends_first) == (None, False)
    ending = a_schedule(end_at=NOW + timedelta(days=2))
    ended = effect(ending, parse("0 2 * * *"), parse("0 0 1 1 *"), NOW, count=4)
    assert (ended.first, ended.ends_first) == (None, True)
    assert {fire.side for fire in ended.fires} == {Side.REMOVED}


def test_the_first_run_of_a_schedule_that_has_not_begun_is_one_interval_after_its_start() -> None:
    start = NOW + timedelta(days=3)
    found = first_dues(a_schedule(start_at=start), parse("0 2 * * *"), NOW, 2)
    assert [f"{at:%d %H:%M}" for at in found] == ["09 02:00", "10 02:00"]


def test_once_runs_at_its_start_or_at_once_and_never_again() -> None:
    once, later = parse("@once"), NOW + timedelta(days=1)
    assert first_dues(a_schedule(start_at=later), once, NOW, 3) == (later,)
    assert first_dues(a_schedule(), once, NOW, 3) == (NOW,)
    assert first_dues(a_schedule(), once, NOW, 3, has_run=True) == ()


def test_the_same_times_written_otherwise_are_known_as_the_same() -> None:
    def same(old: str, new: str) -> bool:
        return effect(a_schedule(), parse(old), parse(new), NOW, count=1).is_same

    assert same("@daily", "0 0 * * *")
    assert same("*/20 * * * *", "0,20,40 * * * *")
    assert same("0 0 * * 7", "0 0 * * sun")
    assert not same("0 0 * * *", "0 1 * * *")
    assert not same("0 0 1-31 * 1", "0 0 * * 1")


def test_the_next_change_of_the_clocks() -> None:
    assert next_shift(PARIS, NOW.date()) == (date(2026, 10, 25), timedelta(hours=-1))
    assert next_shift(PARIS, date(2026, 12, 1)) == (date(2027, 3, 28), timedelta(hours=1))
    assert next_shift(UTC, NOW.date()) is None


# Who else starts


@given(st.lists(EXPRESSIONS, max_size=8), st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001
def test_starts_are_counted_as_the_matcher_fires(texts: list[str], moment: datetime) -> None:
    at = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    load = Load()
    for text in texts:
        load.add(parse(text))
    expected = sum(previous_fires(parse(text), at, 1) == (at,) for text in texts)
    assert load.starts_at(at) == expected
    assert load.on_day(at.date())[at.hour * 60 + at.minute] == expected
    assert load.starts_at(at) == expected


def test_the_load_by_hour_begins_with_the_present_hour() -> None:
    load = Load()
    load.add(parse("*/20 * * * *"), 2)
    load.add(parse("0 4 * * *"))
    load.add(parse("0 0 30 2 *"))
    hours = load.by_hour(NOW)
    assert len(hours) == 48
    assert hours[:3] == (6, 7, 6)
    assert hours[25] == 7
    assert load.schedules == 4


def test_the_quietest_slot_is_the_nearest_free_one() -> None:
    load = Load()
    load.add(parse("0 2 * * *"), 3)
    load.add(parse("5-9 2 * * *"))
    assert load.quietest(parse("0 2 * * *"), NOW) == (55, 1)
    load.add(parse("30 0,6,12,18 * * *"))
    minute, hour = load.quietest(parse("30 */6 * * *"), NOW)
    assert hour is None
    assert minute in (25, 35)
    assert Load().quietest(parse("0 2 * * *"), NOW) == (0, 2)


def test_only_schedules_that_will_start_something_count() -> None:
    soon = NOW + timedelta(hours=1)
    assert cron_load.counts_in(a_schedule(), NOW)
    assert not cron_load.counts_in(a_schedule(state=ScheduleState.DISABLED), NOW)
    assert not cron_load.counts_in(a_schedule(end_at=NOW), NOW)
    assert cron_load.counts_in(a_schedule(end_at=soon), NOW)
    assert not cron_load.counts_in(a_schedule(start_at=NOW + timedelta(days=3)), NOW)


def test_counting_ten_thousand_schedules_is_quick_and_asking_is_quicker() -> None:
    load = Load()
    for n in range(10_000):
        load.add(parse(f"{n % 60} {n // 60 % 24} {n % 28 + 1} * {n % 7}"))
    fires = next_fires(parse("17 */2 * * *"), NOW, 8)
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        for fire in fires:
            load.starts_at(fire)
        best = min(best, time.perf_counter() - start)
    assert best < 0.05  # under 2 ms on the machine it was made on
