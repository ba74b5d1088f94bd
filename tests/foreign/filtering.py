"""The `property` parameter as another server reads it."""

from __future__ import annotations

import operator
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.foreign.spelling import Habits

CLAUSE = re.compile(r"(\w+)(>=|<=|==|!=|>|<|~)(.*)")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
ALLOWED = {
    "queries": {"created", "updated", "state", "id", "scheduleId", "scheduleRunId", "userId"},
    "schedules": {"created", "templateId", "userId"},
    "runsSchedules": {"created", "state", "externalTrigger"},
    "templates": {"name", "userId", "lastUpdatedBy"},
}


class RefusedError(Exception):
    """A filter that this server does not know."""


def passes(habits: Habits, key: str, given: dict[str, str], row: Any) -> bool:
    """Whether a row meets the filter; refuses what it does not know."""
    text = given.get("property", "")
    if not text or habits.filters == "ignore":
        return True
    if habits.filters == "refuse":
        raise RefusedError("property is not supported")
    return all(_holds(habits, key, clause, row) for clause in text.split(","))


def _holds(habits: Habits, key: str, clause: str, row: Any) -> bool:
    match = CLAUSE.fullmatch(clause)
    if match is None or match[1] not in ALLOWED[key]:
        raise RefusedError(f"cannot filter by {clause}")
    name, sign, wanted = match.groups()
    if name in ("created", "updated"):
        if habits.filters == "greater" and sign not in (">", "<"):
            raise RefusedError(f"operator {sign} is not supported for {name}")
        moment = datetime.fromisoformat(wanted)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        stamp = getattr(row, name, None) or row.slot
        stamp = stamp.replace(microsecond=stamp.microsecond // 1000 * 1000)
        return COMPARE[sign](stamp, moment)
    if sign != "==":
        raise RefusedError(f"operator {sign} is not supported for {name}")
    if name == "scheduleId":
        return bool(row.run and row.run.schedule.id == wanted)
    if name == "scheduleRunId":
        if row.run is None:
            return False
        forms = {row.run.decoded} if habits.filters == "decoded" else {row.run.decoded, row.run.id}
        return wanted in forms
    if name == "state":
        return bool((row.state.lower() if habits.lower else row.state) == wanted)
    return bool(getattr(row, name, None) == wanted)
