"""Checks the `iteration` and `timeZone` of a request, and says field by field what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qsui.emulator import cron
from qsui.emulator.alteryx.recurrence import (
    CONTRACTS,
    LAST,
    WEEKDAYS,
    Recurrence,
    instant,
    wall_clock,
)

Faults = dict[str, list[str]]

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?"
)


def read_time(text: object) -> datetime | None:
    """A time with or without zone, its fraction of any length; None if it is not one."""
    found = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    if not _FIRST_YEAR <= int(day[:4]) <= _LAST_YEAR:
        return None
    try:
        return datetime.fromisoformat(
            f"{day}T{clock or '00:00'}"
            + (f".{fraction[:6].ljust(6, '0')}" if fraction and clock.count(":") == 2 else "")
            + (zone or "").replace("Z", "+00:00")
        )
    except ValueError:
        return None


def read_zone(value: object, faults: Faults) -> str:
    """A time zone's name, or nothing for UTC."""
    name = "" if value is None else str(value).strip()
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            faults["timeZone"] = [f"The time zone '{name}' is not valid."]
            return ""
    return "" if name == "UTC" else name


def read_iteration(
    value: object,
    *,
    times_in: str,
    zone: str,
    now_us: int,
    with_cron: bool,
    faults: Faults,
) -> Recurrence | None:
    """The recurrence of a request; None if `faults` got an entry.

    `times_in` is the zone that the times are written in, `zone` the one that the schedule keeps.
    """
    if not isinstance(value, Mapping):
        faults["iteration"] = ["The iteration field is required."]
        return None
    known = [kind for kind in CONTRACTS if kind != "Cron" or with_cron]
    kind = value.get("iterationType")
    if kind not in known:
        faults["iteration.iterationType"] = [
            f"The value '{kind}' is not valid; it must be one of {', '.join(known)}."
        ]
        return None
    start = _start(value.get("startTime"), times_in, now_us, faults)
    end = None
    if value.get("endTime") and kind != "Once":
        end = read_time(value["endTime"])
        if end is None or (start is not None and _naive(end, times_in) <= start):
            faults["iteration.endTime"] = ["The end time must be a time after the start time."]
    contract = _contract(value, str(kind), faults)
    if faults or start is None or contract is None:
        return None
    return Recurrence(
        str(kind),
        _moved(start, times_in, zone),
        _moved(_naive(end, times_in), times_in, zone) if end else None,
        zone,
        contract,
    )


def _start(value: object, times_in: str, now_us: int, faults: Faults) -> datetime | None:
    start = read_time(value)
    if start is None:
        faults["iteration.startTime"] = ["The start time is required and must be a date and time."]
        return None
    naive = _naive(start, times_in)
    if instant(naive, times_in) <= now_us:
        faults["iteration.startTime"] = ["The start time must be in the future."]
    return naive


def _naive(moment: datetime, times_in: str) -> datetime:
    """The wall clock of a request's time: an offset counts only where times are in UTC."""
    if moment.tzinfo is not None and not times_in:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None)


def _moved(moment: datetime, old: str, new: str) -> datetime:
    return moment if old == new else wall_clock(instant(moment, old), new)


def _contract(value: Mapping[str, Any], kind: str, faults: Faults) -> Mapping[str, Any] | None:
    wanted = CONTRACTS[kind]
    for name in CONTRACTS.values():
        if name and name != wanted and value.get(name) is not None:
            faults[f"iteration.{name}"] = [f"{name} does not belong to iterationType {kind}."]
    if not wanted:
        return {}
    given = value.get(wanted)
    if not isinstance(given, Mapping):
        faults[f"iteration.{wanted}"] = [f"iterationType {kind} needs {wanted}."]
        return None
    complaint = _CHECKS[kind](given)
    if isinstance(complaint, str):
        faults[f"iteration.{wanted}"] = [complaint]
        return None
    return complaint


def _hourly(given: Mapping[str, Any]) -> Mapping[str, Any] | str:
    hours, minutes = given.get("hours"), given.get("minutes")
    if not _is_whole(hours, 0, 23) or not _is_whole(minutes, 0, 59) or not (hours or minutes):
        return "hours (0-23) and minutes (0-59) are both required and must not both be 0."
    return {"hours": hours, "minutes": minutes}


def _daily(given: Mapping[str, Any]) -> Mapping[str, Any] | str:
    work_week = given.get("runOnlyWorkWeek", False)
    if not isinstance(work_week, bool):
        return "runOnlyWorkWeek must be true or false."
    return {"runOnlyWorkWeek": work_week}


def _weekly(given: Mapping[str, Any]) -> Mapping[str, Any] | str:
    days = given.get("daysOfWeek")
    if not isinstance(days, list) or not days or not set(map(str, days)) <= set(WEEKDAYS):
        return "daysOfWeek must name at least one day."
    return {"daysOfWeek": days}


def _monthly(given: Mapping[str, Any]) -> Mapping[str, Any] | str:
    if not isinstance(given.get("simpleDayOfMonth"), bool):
        return "simpleDayOfMonth is required and must be true or false."
    if given["simpleDayOfMonth"]:
        if not _is_whole(given.get("dayOfMonth"), 1, 31):
            return "dayOfMonth must be a day from 1 to 31."
        return {"simpleDayOfMonth": True, "dayOfMonth": given["dayOfMonth"]}
    occurrence, day = given.get("occurrence"), given.get("dayOfWeek")
    if str(occurrence).lower() == "last":
        occurrence = LAST
    if _is_whole(day, 0, 6):
        day = WEEKDAYS[int(str(day))]
    if not _is_whole(occurrence, 1, LAST) or day not in WEEKDAYS:
        return "occurrence (1-5) and dayOfWeek are required unless simpleDayOfMonth is true."
    return {"simpleDayOfMonth": False, "occurrence": occurrence, "dayOfWeek": day}


def _custom(given: Mapping[str, Any]) -> Mapping[str, Any] | str:
    days, months = given.get("daysOfMonth"), given.get("months")
    for numbers, last in ((days, 31), (months, 12)):
        if not isinstance(numbers, list) or not numbers:
            return "daysOfMonth and months must both hold at least one number."
        if not all(_is_whole(number, 1, last) for number in numbers):
            return "daysOfMonth holds days from 1 to 31, months holds months from 1 to 12."
    return {"daysOfMonth": days, "months": months}


def _cron(given: Mapping[str, Any]) -> Mapping[str, Any] | str:
    text = given.get("cronExpression")
    if not isinstance(text, str) or len(text.split()) != 5:
        return "cronExpression must have five fields."
    try:
        cron.parse(text)
    except ValueError as error:
        return f"cronExpression is not valid: {error}."
    return {"cronExpression": text}


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_CHECKS: Final = {
    "Hourly": _hourly,
    "Daily": _daily,
    "Weekly": _weekly,
    "Monthly": _monthly,
    "Custom": _custom,
    "Cron": _cron,
}
