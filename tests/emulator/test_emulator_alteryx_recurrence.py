"""When Alteryx schedules run: every kind of recurrence, in time zones, over clock changes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsui.emulator.alteryx.iteration import read_iteration, read_time, read_zone
from qsui.emulator.alteryx.recurrence import WEEKDAYS, Recurrence
from qsui.emulator.clock import from_us, to_us

ZURICH, NEW_YORK = "Europe/Zurich", "America/New_York"


def rule(kind: str, start: str, zone: str = "", end: str | None = None, **contract: Any) -> Any:
    return Recurrence(
        kind,
        datetime.fromisoformat(start),
        datetime.fromisoformat(end) if end else None,
        zone,
        contract,
    )


def runs(found: Recurrence, after: str, count: int = 3) -> list[str]:
    at: int | None = to_us(datetime.fromisoformat(after).replace(tzinfo=UTC))
    times = []
    for _ in range(count):
        at = None if at is None else found.after(at)
        if at is not None:
            times.append(from_us(at).strftime("%m-%d %H:%M"))
    return times


THIRD: dict[str, Any] = {"simpleDayOfMonth": False, "occurrence": 3, "dayOfWeek": "Tuesday"}
LAST: dict[str, Any] = {"simpleDayOfMonth": False, "occurrence": 5, "dayOfWeek": "Friday"}


@pytest.mark.parametrize(
    ("found", "after", "expected"),
    [
        (rule("Once", "2026-01-05T06:00"), "2026-01-01", ["01-05 06:00"]),
        (rule("Once", "2026-01-05T06:00"), "2026-01-05T06:00", []),
        (
            rule("Hourly", "2026-01-05T06:10", hours=1, minutes=30),
            "2026-01-05T06:10",
            ["01-05 07:40", "01-05 09:10", "01-05 10:40"],
        ),
        (rule("Hourly", "2026-01-05T06:10", hours=0, minutes=5), "2026-01-01", ["01-05 06:10"] * 1),
        (
            rule("Daily", "2026-01-02T06:00", runOnlyWorkWeek=True),
            "2026-01-01",
            ["01-02 06:00", "01-05 06:00", "01-06 06:00"],
        ),
        (
            rule("Daily", "2026-01-02T06:00", end="2026-01-03T23:00"),
            "2026-01-01",
            ["01-02 06:00", "01-03 06:00"],
        ),
        (
            rule("Weekly", "2026-01-01T22:10", daysOfWeek=["Monday", "Thursday"]),
            "2026-01-01",
            ["01-01 22:10", "01-05 22:10", "01-08 22:10"],
        ),
        (
            rule("Monthly", "2026-01-31T05:00", simpleDayOfMonth=True, dayOfMonth=31),
            "2026-01-01",
            ["01-31 05:00", "03-31 05:00", "05-31 05:00"],
        ),
        (rule("Monthly", "2026-01-01T07:00", **THIRD), "2026-01-01", ["01-20 07:00", "02-17 07:00",
                                                                      "03-17 07:00"]),
        (rule("Monthly", "2026-01-01T07:00", **LAST), "2026-01-01", ["01-30 07:00", "02-27 07:00",
                                                                     "03-27 07:00"]),
        (
            rule("Custom", "2026-01-01T04:00", daysOfMonth=[1, 15], months=[1, 7]),
            "2026-01-01T04:00",
            ["01-15 04:00", "07-01 04:00", "07-15 04:00"],
        ),
        (
            rule("Cron", "2026-01-01T00:00", cronExpression="*/20 6 * * 7"),
            "2026-01-01",
            ["01-04 06:00", "01-04 06:20", "01-04 06:40"],
        ),
        # Zürich: the clocks skip 02:00-03:00 on 29 March, repeat it on 25 October.
        (
            rule("Daily", "2026-03-01T02:30", ZURICH),
            "2026-03-27T12:00",
            ["03-28 01:30", "03-29 01:30", "03-30 00:30"],
        ),
        (
            rule("Daily", "2026-03-01T02:30", ZURICH),
            "2026-10-24T12:00",
            ["10-25 00:30", "10-26 01:30", "10-27 01:30"],
        ),
        (
            rule("Cron", "2026-03-01T00:00", ZURICH, cronExpression="30 2 * * *"),
            "2026-10-24T12:00",
            ["10-25 00:30", "10-26 01:30", "10-27 01:30"],
        ),
        (
            rule("Cron", "2026-03-01T00:00", ZURICH, cronExpression="0 6 * * 1-5"),
            "2026-03-27T12:00",
            ["03-30 04:00", "03-31 04:00", "04-01 04:00"],
        ),
        (
            rule("Weekly", "2026-01-01T22:10", NEW_YORK, daysOfWeek=["Monday"]),
            "2026-01-01",
            ["01-06 03:10", "01-13 03:10", "01-20 03:10"],
        ),
        # A gap between runs is real time: the clock change does not touch it.
        (
            rule("Hourly", "2026-03-29T01:00", ZURICH, hours=1, minutes=0),
            "2026-03-29T00:30",
            ["03-29 01:00", "03-29 02:00", "03-29 03:00"],
        ),
    ],
)  # fmt: skip
def test_runs_come_when_the_contract_says(
    found: Recurrence, after: str, expected: list[str]
) -> None:
    assert runs(found, after, len(expected) or 3) == expected


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (rule("Once", "2026-01-05T06:00"), "Once at 06:00"),
        (rule("Hourly", "2026-01-05T06:00", hours=0, minutes=15), "Every 0 hours 15 minutes"),
        (rule("Daily", "2026-01-05T06:00"), "Daily at 06:00"),
        (rule("Daily", "2026-01-05T06:00", runOnlyWorkWeek=True), "Every weekday at 06:00"),
        (rule("Weekly", "2026-01-05T06:00", daysOfWeek=["Monday"]), "Weekly on Monday at 06:00"),
        (rule("Monthly", "2026-01-05T06:00", **THIRD), "Monthly on the third Tuesday at 06:00"),
        (
            rule("Custom", "2026-01-05T06:00", daysOfMonth=[1, 15], months=[1, 7]),
            "On days 1, 15 of January, July at 06:00",
        ),
        (rule("Cron", "2026-01-05T06:00", cronExpression="0 6 * * 1"), "Cron 0 6 * * 1"),
    ],
)
def test_the_recurrence_is_told_in_words(found: Recurrence, text: str) -> None:
    assert found.frequency() == text


KINDS = st.one_of(
    st.builds(
        lambda minute, days: rule("Weekly", f"2026-01-05T02:{minute:02d}", ZURICH, daysOfWeek=days),
        st.integers(0, 59),
        st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3),
    ),
    st.builds(
        lambda minute, hour: rule(
            "Cron", "2026-01-05T00:00", ZURICH, cronExpression=f"{minute} {hour} * * *"
        ),
        st.integers(0, 59),
        st.integers(0, 23),
    ),
    st.builds(
        lambda hours, minutes: rule(
            "Hourly", "2026-01-05T00:00", NEW_YORK, hours=hours, minutes=minutes
        ),
        st.integers(1, 23),
        st.integers(0, 59),
    ),
)


@given(found=KINDS, day=st.integers(0, 365), second=st.integers(0, 86_399))
def test_the_next_run_is_always_later_and_nothing_lies_between(
    found: Recurrence, day: int, second: int
) -> None:
    us = to_us(datetime(2026, 1, 1, tzinfo=UTC)) + (day * 86_400 + second) * 1_000_000
    run = found.after(us)
    assert run is not None
    assert run > us
    assert found.after(run - 1) == run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-02T06:00:07Z", datetime(2026, 4, 2, 6, 0, 7, tzinfo=UTC)),
        ("2026-04-02T06:00:07.1234567Z", datetime(2026, 4, 2, 6, 0, 7, 123456, tzinfo=UTC)),
        ("2026-04-02T06:00", datetime(2026, 4, 2, 6, 0)),  # noqa: DTZ001 - as it was written
        ("2026-04-02", datetime(2026, 4, 2)),  # noqa: DTZ001 - as it was written
        ("2026-13-02T06:00", None),
        ("tomorrow", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_times_are_read_in_every_precision(text: object, expected: datetime | None) -> None:
    assert read_time(text) == expected


@given(value=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["iterationType", "startTime", "endTime", "hourlyContract", "hours",
                         "minutes", "weeklyContract", "daysOfWeek", "monthlyContract",
                         "occurrence", "customContract", "cronContract", "cronExpression"]),
        inner | st.sampled_from(["Hourly", "Weekly", "Monthly", "Custom", "Cron",
                                 "2027-01-01T00:00:00Z"]),
        max_size=4,
    ),
    max_leaves=12,
))  # fmt: skip
def test_no_iteration_breaks_the_check(value: object) -> None:
    faults: dict[str, list[str]] = {}
    found = read_iteration(value, times_in="", zone="", now_us=0, with_cron=True, faults=faults)
    assert (found is None) == bool(faults)


@given(name=st.text(max_size=30))
def test_no_zone_name_breaks_the_check(name: str) -> None:
    faults: dict[str, list[str]] = {}
    zone = read_zone(name, faults)
    assert not (zone and faults)
