"""The minute matcher against a naive one that looks at every minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from qsui.emulator import cron
from qsui.emulator.clock import DAY, MINUTE, from_us, to_us

START = to_us(datetime(2024, 2, 27, 22, 58, tzinfo=UTC))


def fires_at(expression: str, us: int) -> bool:
    """Whether a minute fires, by the definition of cron."""
    minute, hour, day, month, weekday = cron.ALIASES.get(expression, expression).split()
    moment = from_us(us)

    def within(text: str, value: int, low: int, high: int) -> bool:
        for part in text.split(","):
            span, _, step = part.partition("/")
            first, dash, last = span.partition("-")
            bottom = low if first == "*" else int(first)
            top = high if first == "*" or (step and not dash) else int(last or first)
            if value in range(bottom, top + 1, int(step or 1)):
                return True
        return False

    sunday_zero = moment.isoweekday() % 7
    in_month = within(day, moment.day, 1, 31)
    in_week = within(weekday, sunday_zero, 0, 7) or (not sunday_zero and within(weekday, 7, 0, 7))
    either = in_month or in_week if "*" not in (day, weekday) else in_month and in_week
    return (
        within(minute, moment.minute, 0, 59)
        and within(hour, moment.hour, 0, 23)
        and within(month, moment.month, 1, 12)
        and either
    )


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "*/7 * * * *",
        "5/20 1-3 * * *",
        "0,30 9-17/4 * * 1-5",
        "15 3 29 2 *",
        "0 0 1,15 * 5",
        "0 0 28 * 5",
        "59 23 * * 7",
        "0 1 */2 * 1",
        "0 1 1 * */3",
        "@hourly",
        "@daily",
        "@weekly",
        "@monthly",
    ],
)
def test_fires_are_those_of_the_definition(expression: str) -> None:
    rule = cron.parse(expression)
    expected = [us for us in range(START, START + 4 * DAY, MINUTE) if fires_at(expression, us)]
    found, us = [], START - 1
    while (fire := rule.after(us)) is not None and fire < START + 4 * DAY:
        found.append(fire)
        us = fire
    assert found == expected
    for before, fire in pairwise(expected):
        assert rule.at_or_before(fire - 1) == before
        assert rule.at_or_before(fire) == fire


def test_a_leap_day_is_found_years_away() -> None:
    rule = cron.parse("0 0 29 2 *")
    fire = rule.after(to_us(datetime(2096, 3, 1, tzinfo=UTC)))
    assert fire is not None
    assert from_us(fire) == datetime(2104, 2, 29, tzinfo=UTC)
    assert cron.parse("0 0 31 2 *").after(START) is None


def test_names_of_months_and_days_are_numbers() -> None:
    assert cron.parse("0 6 * jan-mar MON") == cron.parse("0 6 * 1-3 1")


def test_once_has_no_fires_of_its_own() -> None:
    rule = cron.parse("@once")
    assert rule.once
    assert rule.after(START) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("* * * *", "five fields"),
        ("1 0 0 1 1 *", "five fields"),
        ("60 * * * *", "minute 60 is outside 0-59"),
        ("* 24 * * *", "hour 24"),
        ("* * 0 * *", "day of month 0"),
        ("* * * dec-feb *", "runs backwards"),
        ("*/0 * * * *", "step"),
        ("a * * * *", "not a minute"),
        ("@reboot", "five fields"),
        ("", "five fields"),
    ],
)
def test_everything_else_is_refused_with_its_reason(expression: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        cron.parse(expression)


def test_every_minute_is_a_minute_apart() -> None:
    rule = cron.parse("* * * * *")
    first = rule.after(START)
    assert first is not None
    assert from_us(first) - from_us(START) == timedelta(minutes=1)
