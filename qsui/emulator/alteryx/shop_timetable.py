"""The demo shop's schedules, and the jobs that people started by hand.

On the worker for `finance` a runaway started by hand holds the only slot, and the others wait
behind it for as long as it runs; the other worker is lively. The loyalty audit was not started the
last time: the server still announces that run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from qsui.emulator.alteryx.seeds import JobSeed, ScheduleSeed
from qsui.emulator.alteryx.shop_people import ANA, DEMO, GONE, JD, MK, SATO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qsui.emulator.alteryx.seeds import WorkflowSeed

_SINCE_DAYS: Final = 60
ZURICH: Final = "Europe/Zurich"

JOBS: Final = (
    JobSeed("Newsletter_Audience_Export", DEMO, "Completed", 26 * 3600),
    JobSeed("Clickstream_Quality_Scan", JD, "Completed", 5 * 3600 + 700),
    JobSeed("Payroll_Variance_Backfill", MK, "Running", 11 * 3600 + 1260, waited_s=6),
    JobSeed("Email_Bounce_Cleanup", ANA, "Cancelled", 3 * 3600 + 130),
    JobSeed("Campaign_Brief", ANA, "Completed", 2 * 3600 + 40),
    JobSeed("Margin_Report", ANA, "Queued", 47 * 60 + 12),
    JobSeed("Ledger_Reconciliation", MK, "Queued", 31 * 60 + 5),
    JobSeed("Ledger_Reconciliation", MK, "Queued", 12 * 60 + 40, priority="High"),
    JobSeed("Ledger_Reconciliation", ANA, "Queued", 4 * 60 + 20),
)
PILED_UP: Final = tuple(
    JobSeed(workflow, user, "Queued", minutes * 60 + 17, priority=priority)
    for workflow, user, minutes, priority in (
        ("Margin_Report", ANA, 184, "Default"),
        ("Ledger_Reconciliation", MK, 161, "Default"),
        ("Margin_Report", DEMO, 122, "Low"),
        ("Ledger_Reconciliation", JD, 95, "Medium"),
        ("Margin_Report", ANA, 66, "Default"),
    )
)
"""What waits besides where nobody looked for hours."""


def schedules(now: datetime, *, with_cron: bool) -> tuple[ScheduleSeed, ...]:
    """All schedules, laid out around `now` (UTC)."""
    day = _first_day(now)
    return (*_lively(day), *_daily(day, with_cron=with_cron), *_rare(day))


def _lively(day: datetime) -> tuple[ScheduleSeed, ...]:
    """Those that run so often that somebody who watches sees it."""
    return (
        ScheduleSeed(
            "Basket watch", "Live_Basket_Watch", JD, _every(day, 1), priority="Low", past_runs=40
        ),
        ScheduleSeed(
            "Basket watch, North America",
            "Live_Basket_Watch",
            JD,
            _every(day, 1, seconds=29),
            "America/New_York",
            priority="Low",
            past_runs=40,
        ),
        ScheduleSeed(
            "Store sales, through the day",
            "Store_Sales_Refresh",
            ANA,
            _every(day, 10, first=3),
            priority="Medium",
            past_runs=30,
            comment="Wall screens show the numbers of the last ten minutes",
        ),
        ScheduleSeed(
            "CRM accounts, every 15 minutes",
            "CRM_Account_Sync",
            JD,
            _every(day, 15, first=2),
            priority="High",
            past_runs=24,
        ),
        ScheduleSeed(
            "Partner prices", "Partner_Price_Load", MK, _every(day, 20, first=7), past_runs=18
        ),
    )


def _daily(day: datetime, *, with_cron: bool) -> tuple[ScheduleSeed, ...]:
    """Those that run once a day or on some days of the week."""
    if with_cron:
        audience = _at(day, 6, 30, "Cron", cronContract={"cronExpression": "30 6 * * 1-5"})
    else:
        audience = _at(day, 6, 30, "Daily", dailyContract={"runOnlyWorkWeek": True})
    return (
        ScheduleSeed(
            "Store sales, nightly",
            "Store_Sales_Refresh",
            ANA,
            _at(day, 1, 45, "Daily", dailyContract={"runOnlyWorkWeek": False}),
            ZURICH,
            past_runs=14,
        ),
        ScheduleSeed(
            "Loyalty audit",
            "Loyalty_Points_Audit",
            SATO,
            _at(day, 5, 0, "Daily", dailyContract={"runOnlyWorkWeek": True}),
            ZURICH,
            stalled=True,
        ),
        ScheduleSeed("Newsletter audience", "Newsletter_Audience_Export", SATO, audience, ZURICH),
        ScheduleSeed(
            "Bounce clean-up",
            "Email_Bounce_Cleanup",
            ANA,
            _at(day, 22, 10, "Weekly", weeklyContract={"daysOfWeek": ["Monday", "Thursday"]}),
            "America/New_York",
            history="k",
        ),
        ScheduleSeed(
            "Old promo feed",
            "",
            GONE,
            _at(day, 3, 20, "Daily", dailyContract={"runOnlyWorkWeek": False}),
            comment="Was replaced by the partner prices",
        ),
    )


def _rare(day: datetime) -> tuple[ScheduleSeed, ...]:
    """Those that run monthly, now and then, or not at all."""
    third = {"simpleDayOfMonth": False, "occurrence": 3, "dayOfWeek": "Tuesday"}
    return (
        ScheduleSeed(
            "Month-end ledger",
            "Ledger_Reconciliation",
            MK,
            _at(day, 4, 0, "Custom", customContract={"daysOfMonth": [1, 15],
                                                     "months": list(range(1, 13))}),
            worker_tag="finance",
            priority="Critical",
        ),
        ScheduleSeed(
            "Margins for the board",
            "Margin_Report",
            ANA,
            _at(day, 7, 0, "Monthly", monthlyContract=third),
            worker_tag="finance",
        ),
        ScheduleSeed(
            "Kundenwert, monatlich",
            "Kundenwert_Größe",
            SATO,
            _at(day, 8, 15, "Monthly", monthlyContract={"simpleDayOfMonth": True,
                                                        "dayOfMonth": 2}),
            ZURICH,
        ),
        ScheduleSeed(
            "Spring campaign brief",
            "Campaign_Brief",
            ANA,
            _at(day, 9, 0, "Weekly", weeklyContract={"daysOfWeek": ["Friday"]}),
            enabled=False,
            questions=(("Region", "EMEA"), ("Month", "2026-04")),
        ),
    )  # fmt: skip


def plain(now: datetime, workflows: Sequence[WorkflowSeed]) -> tuple[ScheduleSeed, ...]:
    """A schedule for each of many workflows: daily at some minute, every fifth of them hourly."""
    day = _first_day(now)
    found: list[ScheduleSeed] = []
    for at, workflow in enumerate(workflows):
        hour, minute = at * 7 % 24, at * 13 % 60
        is_hourly = at % 5 == 0
        daily = _at(day, hour, minute, "Daily", dailyContract={"runOnlyWorkWeek": at % 3 == 0})
        iteration = _every(day, 60, first=minute) if is_hourly else daily
        name = f"{workflow.name}, {'hourly' if is_hourly else 'daily'}"
        zone = ("", ZURICH, "Asia/Tokyo", "America/New_York")[at % 4]
        found.append(
            ScheduleSeed(
                name,
                workflow.name,
                workflow.owner,
                iteration,
                zone,
                past_runs=3,
                enabled=at % 9 > 0,
            )
        )
    return tuple(found)


def _first_day(now: datetime) -> datetime:
    return (now - timedelta(days=_SINCE_DAYS)).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )


def _every(day: datetime, minutes: int, *, first: int = 0, seconds: int = 0) -> dict[str, Any]:
    start = day + timedelta(minutes=first, seconds=seconds)
    return {
        "iterationType": "Hourly",
        "startTime": start.isoformat(),
        "hourlyContract": {"hours": 0, "minutes": minutes},
    }


def _at(day: datetime, hour: int, minute: int, kind: str, **contract: object) -> dict[str, Any]:
    start = day.replace(hour=hour, minute=minute)
    return {"iterationType": kind, "startTime": start.isoformat(), **contract}
