"""When a workflow schedule runs: its recurrence read, checked and counted out in its time zone.

Days and times of day are wall-clock ones. A time that the clocks skip in spring comes an hour
later by the new time; one that they repeat in autumn comes once, the first time.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from qsui.emulator import cron
from qsui.emulator.clock import MINUTE, from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping

WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
CONTRACTS: Final = {
    "Once": "",
    "Hourly": "hourlyContract",
    "Daily": "dailyContract",
    "Weekly": "weeklyContract",
    "Monthly": "monthlyContract",
    "Custom": "customContract",
    "Cron": "cronContract",
}
LAST: Final = 5
_HORIZON_DAYS: Final = 366 * 9
_ORDINALS: Final = ("", "first", "second", "third", "fourth", "last")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A checked recurrence.

    Attributes:
        kind: A key of `CONTRACTS`.
        start: Wall-clock time of the first run, without a zone.
        end: The same of the last moment at which a run may start.
        zone: IANA name; empty is UTC.
        contract: The contract of that kind, as it was given.
    """

    kind: str
    start: datetime
    end: datetime | None = None
    zone: str = ""
    contract: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, iteration: Mapping[str, Any], zone: str) -> Recurrence:
        """The recurrence of a checked `iteration` whose times are wall-clock times of `zone`."""
        kind, end = str(iteration["iterationType"]), iteration.get("endTime")
        return cls(
            kind,
            datetime.fromisoformat(iteration["startTime"]),
            datetime.fromisoformat(end) if end else None,
            zone,
            iteration.get(CONTRACTS[kind]) or {},
        )

    def as_json(self) -> dict[str, Any]:
        """The iteration as `of` takes it."""
        rows: dict[str, Any] = {
            "iterationType": self.kind,
            "startTime": self.start.isoformat(),
            "endTime": self.end.isoformat() if self.end else None,
        }
        if contract := CONTRACTS[self.kind]:
            rows[contract] = dict(self.contract)
        return rows

    def start_us(self) -> int:
        """The start as microseconds since 1970."""
        return instant(self.start, self.zone)

    def after(self, us: int) -> int | None:
        """The first run later than `us`, or None if there is none within nine years."""
        found = self._after(max(us, self.start_us() - 1))
        if found is None or (self.end is not None and found > instant(self.end, self.zone)):
            return None
        return found

    def _after(self, us: int) -> int | None:
        start = self.start_us()
        if self.kind == "Once":
            return start if start > us else None
        if self.kind == "Hourly":
            gap = (self.contract["hours"] * 60 + self.contract["minutes"]) * MINUTE
            return start if us < start else start + ((us - start) // gap + 1) * gap
        if self.kind == "Cron":
            return self._after_by_cron(us)
        day = wall_clock(us, self.zone).date() - timedelta(days=1)
        for _ in range(_HORIZON_DAYS):
            if self._runs_on(day):
                found = instant(datetime.combine(day, self.start.time()), self.zone)
                if found > us:
                    return found
            day += timedelta(days=1)
        return None

    def _after_by_cron(self, us: int) -> int | None:
        rule = cron.parse(self.contract["cronExpression"])
        local = to_us(wall_clock(us, self.zone)) - 1
        while (fire := rule.after(local)) is not None:
            found = instant(from_us(fire).replace(tzinfo=None), self.zone)
            if found > us:
                return found
            local = fire
        return None

    def _runs_on(self, day: date) -> bool:
        contract = self.contract
        weekday = day.isoweekday() % 7
        if self.kind == "Daily":
            return 0 < weekday < 6 or not contract.get("runOnlyWorkWeek")
        if self.kind == "Weekly":
            return WEEKDAYS[weekday] in contract["daysOfWeek"]
        if self.kind == "Custom":
            return day.day in contract["daysOfMonth"] and day.month in contract["months"]
        if contract["simpleDayOfMonth"]:
            return bool(day.day == contract["dayOfMonth"])
        if WEEKDAYS[weekday] != contract["dayOfWeek"]:
            return False
        if contract["occurrence"] == LAST:
            return day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return bool((day.day - 1) // 7 + 1 == contract["occurrence"])

    def frequency(self) -> str:
        """The recurrence as the free text that the server shows."""
        contract, at = self.contract, f"at {self.start:%H:%M}"
        if self.kind == "Hourly":
            return f"Every {contract['hours']} hours {contract['minutes']} minutes"
        if self.kind == "Daily":
            return f"{'Every weekday' if contract.get('runOnlyWorkWeek') else 'Daily'} {at}"
        if self.kind == "Weekly":
            return f"Weekly on {', '.join(contract['daysOfWeek'])} {at}"
        if self.kind == "Monthly":
            if contract["simpleDayOfMonth"]:
                return f"Monthly on day {contract['dayOfMonth']} {at}"
            nth = _ORDINALS[contract["occurrence"]]
            return f"Monthly on the {nth} {contract['dayOfWeek']} {at}"
        if self.kind == "Custom":
            days = ", ".join(map(str, contract["daysOfMonth"]))
            months = ", ".join(calendar.month_name[month] for month in contract["months"])
            return f"On days {days} of {months} {at}"
        if self.kind == "Cron":
            return f"Cron {contract['cronExpression']}"
        return f"Once {at}"


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def instant(moment: datetime, zone: str) -> int:
    """Microseconds since 1970 of a wall-clock time in `zone` (empty: UTC)."""
    return to_us(moment.replace(tzinfo=_zone(zone) if zone else UTC).astimezone(UTC))


def wall_clock(us: int, zone: str) -> datetime:
    """The time without a zone that a clock in `zone` (empty: UTC) shows at `us`."""
    moment = from_us(us)
    return (moment.astimezone(_zone(zone)) if zone else moment).replace(tzinfo=None)
