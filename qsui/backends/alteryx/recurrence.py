"""Recurrences of an Alteryx Server and cron expressions, one into the other where that is exact.

All but the newest release know only `Once`, `Hourly`, `Daily`, `Weekly`, `Monthly` and `Custom`;
hour and minute come from the start time, in the schedule's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qsui.backends.times import parse_number, parse_time
from qsui.domain.cron import Cron, expand, next_fire, parse, try_parse
from qsui.domain.cron_grammar import MONTH_WORDS, WEEKDAY_WORDS, CronError

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_DAY = 24 * 60
_WORK_WEEK = frozenset({1, 2, 3, 4, 5})
_SURE_DAYS = 28
_MARGIN = timedelta(minutes=1)
_SKIPS = 4
_WORD = re.compile(r"(-?)([A-Za-z]{3})")


class NoRecurrenceError(ValueError):
    """A cadence cannot be given to this server; the text is a clause that says why."""


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone by its name (empty: UTC); `None` for one that is not known here."""
    try:
        return ZoneInfo(name.strip() or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def cron_of(iteration: Mapping[str, Any], zone: str) -> str:
    """Return the expression for a recurrence; empty if it is not told or none says the same."""
    contracts = {key.lower(): value for key, value in iteration.items() if isinstance(key, str)}
    kind = str(contracts.get("iterationtype") or "").lower()
    contract = contracts.get(f"{kind}contract")
    if not isinstance(contract, Mapping):
        contract = {}
    if kind == "cron":
        text = contract.get("cronExpression")
        return text.strip() if isinstance(text, str) else ""
    start = _moment(iteration.get("startTime"))
    if start is None:
        return ""
    if kind == "hourly":
        return _hourly_cron(contract, start, zone)
    days = _days_of(kind, contract)
    return f"{start.minute} {start.hour} {days}" if days else ""


def cron_in(frequency: str) -> str:
    """Return the expression that ends a server's text about a recurrence; empty if none does."""
    text = " ".join(frequency.split()[-5:])
    return text if len(text.split()) == 5 and try_parse(text) is not None else ""


def _days_of(kind: str, contract: Mapping[str, Any]) -> str:
    """Return the last three fields; empty for what they cannot say."""
    if kind == "daily":
        return "* * 1-5" if contract.get("runOnlyWorkWeek") is True else "* * *"
    if kind == "weekly":
        names = [str(name).title() for name in _list(contract.get("daysOfWeek"))]
        known = [str(WEEKDAYS.index(name)) for name in names if name in WEEKDAYS]
        return f"* * {','.join(sorted(known))}" if known and len(known) == len(names) else ""
    if kind == "monthly":
        day = contract.get("dayOfMonth")
        is_simple = contract.get("simpleDayOfMonth") is True
        return f"{day} * *" if is_simple and isinstance(day, int) else ""
    if kind == "custom":
        days, months = _list(contract.get("daysOfMonth")), _list(contract.get("months"))
        if days and months:
            return f"{_numbers_of(days, 31)} {_numbers_of(months, 12)} *"
    return ""


def _numbers_of(values: list[Any], count: int) -> str:
    return "*" if len(set(map(str, values))) == count else ",".join(map(str, values))


def starts_of(start: datetime, zone: str) -> frozenset[datetime]:
    """Return what a start in a time zone may be read back as: servers tell it there, or in UTC."""
    place = zone_of(zone)
    if place is None:
        return frozenset({start})
    return frozenset({start, start.replace(tzinfo=place).astimezone(UTC)})


def _moment(value: object) -> datetime | None:
    return parse_time(value) if isinstance(value, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _hourly_cron(contract: Mapping[str, Any], start: datetime, zone: str) -> str:
    hours, minutes = parse_number(contract.get("hours")), parse_number(contract.get("minutes"))
    gap = round((hours or 0) * 60 + (minutes or 0))
    if gap < 1 or _DAY % gap or not _keeps_step(gap, zone):
        return ""
    if gap < 60:
        every = range(start.minute % gap, 60, gap)
        return f"*/{gap} * * * *" if every[0] == 0 else f"{','.join(map(str, every))} * * * *"
    if gap % 60:
        return ""
    every = range(start.hour % (gap // 60), 24, gap // 60)
    hour_field = "*" if gap == 60 else ",".join(map(str, every))
    return f"{start.minute} {hour_field} * * *"


def _keeps_step(gap: int, zone: str) -> bool:
    """Whether a gap in minutes hits the same wall-clock times all year."""
    if 60 % gap == 0:
        return True
    found = zone_of(zone)
    return found is not None and _is_fixed(found)


def _is_fixed(zone: ZoneInfo) -> bool:
    """Whether a zone has no summer time, as far as the next years tell."""
    moments = (datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13))
    return len({moment.astimezone(zone).utcoffset() for moment in moments}) == 1


def iteration_for(
    cron: str,
    *,
    zone: str,
    now: datetime,
    with_cron: bool,
    kept: Mapping[str, Any] | None = None,
    not_before: bool = False,
) -> dict[str, Any]:
    """Return the recurrence to send for an expression; it starts at the next fire after `now`.

    `kept` is the recurrence that it replaces: its end stays, and with `not_before` so does a start
    that is still ahead.

    Raises:
        NoRecurrenceError: This server has no way to say it, or its zone is not known here.
    """
    try:
        read = parse(cron)
    except CronError as error:
        raise NoRecurrenceError(f"{cron!r} is no cadence: {error}") from error
    if read.is_never:
        raise NoRecurrenceError(f"{cron!r} names no date that comes again")
    found = zone_of(zone)
    if found is None:
        raise NoRecurrenceError(
            f"its time zone {zone!r} is not known here, so no start can be told"
        )
    begin = _moment((kept or {}).get("startTime")) if not_before else None
    first = _first_fire(read, found, now, begin)
    contract = (
        {"iterationType": "Cron", "cronContract": {"cronExpression": _numbers(cron)}}
        if with_cron
        else _classic(read, zone)
    )
    started = first.strftime("%Y-%m-%dT%H:%M:%S") + ("" if zone.strip() else "Z")
    iteration: dict[str, Any] = {"startTime": started} | contract
    end = (kept or {}).get("endTime")
    ended = _moment(end)
    if ended is not None:
        if ended <= first.replace(tzinfo=UTC):
            raise NoRecurrenceError(f"it ends at {end}, before that cadence would first fire")
        iteration["endTime"] = str(end)
    return iteration


def _first_fire(cron: Cron, zone: ZoneInfo, now: datetime, begin: datetime | None) -> datetime:
    """Return the wall-clock time of the first fire that is safely ahead, without a zone."""
    local = (now + _MARGIN).astimezone(zone).replace(tzinfo=UTC)
    if begin is not None:
        local = max(local, begin - _MARGIN)
    for _ in range(_SKIPS):
        fire = next_fire(cron, local)
        if fire is None:
            break
        moment = fire.replace(tzinfo=zone)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=UTC) == fire:
            return fire.replace(tzinfo=None)
        local = fire  # the clocks skip that time
    raise NoRecurrenceError(f"{cron.raw!r} names no date that comes again")


def _numbers(text: str) -> str:
    """Return the five fields of an expression without aliases and names, which servers may lack."""
    fields = expand(text).split()
    fields[3] = _WORD.sub(lambda found: _number(found, MONTH_WORDS, 1), fields[3])
    fields[4] = _WORD.sub(lambda found: _number(found, WEEKDAY_WORDS, 0), fields[4])
    return " ".join(fields)


def _number(found: re.Match[str], words: tuple[str, ...], first: int) -> str:
    dash, word = found.groups()
    number = words.index(word.lower()) + first
    return f"{dash}{number or (7 if dash else 0)}"  # a week may end on Sunday


def _classic(cron: Cron, zone: str) -> dict[str, Any]:
    """Return type and contract that fire at exactly the same times."""
    if not cron.every_day and not cron.every_weekday:
        raise NoRecurrenceError(
            "this release has no recurrence for a day of the month or a day of the week"
        )
    every_month = len(cron.months) == 12
    if len(cron.hours) * len(cron.minutes) > 1:
        if cron.every_day and cron.every_weekday and every_month:
            return _gap(cron, zone)
        raise NoRecurrenceError("this release repeats within a day only on every day")
    if not cron.every_weekday:
        if not every_month:
            raise NoRecurrenceError("this release has no days of the week in some months only")
        if cron.weekdays == _WORK_WEEK:
            return _daily(work_week=True)
        if len(cron.weekdays) == len(WEEKDAYS):
            return _daily(work_week=False)
        names = [WEEKDAYS[day] for day in sorted(cron.weekdays)]
        return {"iterationType": "Weekly", "weeklyContract": {"daysOfWeek": names}}
    if every_month and (cron.every_day or len(cron.days) == 31):
        return _daily(work_week=False)
    days = sorted(cron.days)
    if every_month and len(days) == 1 and days[0] <= _SURE_DAYS:
        contract = {"simpleDayOfMonth": True, "dayOfMonth": days[0]}
        return {"iterationType": "Monthly", "monthlyContract": contract}
    return {
        "iterationType": "Custom",
        "customContract": {"daysOfMonth": days, "months": sorted(cron.months)},
    }


def _daily(*, work_week: bool) -> dict[str, Any]:
    return {"iterationType": "Daily", "dailyContract": {"runOnlyWorkWeek": work_week}}


def _gap(cron: Cron, zone: str) -> dict[str, Any]:
    times = [hour * 60 + minute for hour in cron.hours for minute in cron.minutes]
    gaps = {after - before for before, after in pairwise(times)}
    gaps.add(times[0] + _DAY - times[-1])
    if len(gaps) > 1:
        raise NoRecurrenceError("its fires are not the same time apart, which this release wants")
    gap = gaps.pop()
    if not _keeps_step(gap, zone):
        raise NoRecurrenceError(f"every {gap} minutes would drift when the clocks change in {zone}")
    contract = {"hours": gap // 60, "minutes": gap % 60}
    return {"iterationType": "Hourly", "hourlyContract": contract}
