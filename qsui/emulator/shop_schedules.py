"""The schedules of the demo shop, laid out around the moment at which the scene starts.

Three fire every minute. The hourly ones are strung over the hour one after the other, and the
rarer ones keep clear of the first half hour, so that from the first minute on two to four runs
are in progress, whatever the time of day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from qsui.emulator.shop_seeds import ScheduleSeed
from qsui.emulator.shop_texts import past_error, sql

if TYPE_CHECKING:
    from datetime import datetime

    from qsui.emulator.errors import SqlError

ROBOT: Final = "tech-acct-7@techacct.adobe.com"
PIPELINE: Final = "tech-acct-12@techacct.adobe.com"
ANA: Final = "ana.ruiz@AdobeID"
JD: Final = "jdupont@AdobeID"
MK: Final = "mkeller@AdobeID"
SATO: Final = "y.sato@AdobeID"

NEVER: Final = float("inf")
_DAY_MIN: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Dial:
    """Cron expressions relative to `now` (aware UTC)."""

    now: datetime

    def hourly(self, offset_min: int) -> str:
        """Every hour, at the minute that lies `offset_min` after now (negative: before)."""
        return f"{self._minute(offset_min) % 60} * * * *"

    def every(self, period_min: int, offset_min: int) -> str:
        """Every `period_min` minutes (a divisor of 60), one of them at that offset from now."""
        first = self._minute(offset_min) % period_min
        return f"{','.join(str(at) for at in range(first, 60, period_min))} * * * *"

    def daily(self, hour: int, minute: int, days: str = "* * *") -> str:
        """At that time, two hours later if it would fall close to now; `days` as in cron."""
        ahead = (hour * 60 + minute - self._minute(0)) % _DAY_MIN
        if ahead < 27 or ahead > _DAY_MIN - 70:
            hour = (hour + 2) % 24
        return f"{minute} {hour} {days}"

    def _minute(self, offset_min: int) -> int:
        return (self.now.hour * 60 + self.now.minute + offset_min) % _DAY_MIN


def every_minute() -> tuple[ScheduleSeed, ...]:
    """The three that keep the screen alive; the last meets a bad delivery now and then."""
    return (
        _seed("live_basket_pulse", "* * * * *", ROBOT, 2, 42, spread=0.02, created_days_ago=0.4),
        _seed("fraud_watch", "* * * * *", ROBOT, 12, 16, spread=0.02, created_days_ago=0.35),
        _seed(
            "partner_price_load",
            "* * * * *",
            PIPELINE,
            24,
            48,
            spread=0.02,
            max_active_runs=2,
            created_days_ago=0.3,
            history="......x......x......x.....",
            past_error=past_error("partner_price_load"),
        ),
    )


def in_trouble(dial: Dial) -> tuple[ScheduleSeed, ...]:
    """Those that need a person: failing, late, missed, slow."""
    return (
        _failing("daily_profile_merge", dial.daily(2, 0), ROBOT, 62, 18 * 60, "xxxxxx"),
        _seed("web_events_ctas", dial.hourly(-51), MK, 60, 65, late_by_s=NEVER),
        _seed("loyalty_dedupe", dial.hourly(-14), JD, 55, 60, late_by_s=936, history="x......"),
        _seed(
            "segment_export",
            dial.every(30, -42),
            ANA,
            45,
            12 * 60,
            running_for_s=41 * 60,
            slow_factor_now=60,
        ),
        _failing("segment_snapshot_ctas", dial.daily(0, 40), SATO, 40, 75, "xxxxxxxx"),
        _failing("margin_report", dial.daily(6, 45), "former.colleague@AdobeID", 60, 50, "xxxx"),
        _failing("customer_360", dial.daily(2, 40), PIPELINE, 70, 14 * 60, "x..xx"),
        _failing("currency_report", dial.hourly(44), MK, 50, 80, "xx"),
        _seed(
            "churn_features",
            dial.daily(4, 20),
            PIPELINE,
            90,
            9 * 60,
            dies_early=True,
            history="x...x",
        ),
        _seed("attribution_rebuild", dial.daily(23, 0, "* * 6"), ANA, 120, 5 * 3600, history=".t"),
    )


def fails_soon(dial: Dial) -> ScheduleSeed:
    """Healthy so far; its current run meets a date that nobody can read, half a minute from now."""
    return _seed(
        "account_facts_load",
        dial.every(15, -1),
        PIPELINE,
        20,
        80,
        spread=0.0,
        created_days_ago=12,
        running_for_s=55,
        past_error=past_error("account_facts_load"),
    )


def hourly(dial: Dial) -> tuple[ScheduleSeed, ...]:
    """The hourly ones that are fine, each after the other."""
    return (
        _seed("orders_hourly", dial.hourly(2), ROBOT, 60, 75, created_days_ago=200),
        _seed("session_rollup", dial.hourly(5), ROBOT, 60, 70, created_days_ago=45),
        _seed("stock_watch", dial.hourly(20), JD, 50, 70, created_days_ago=14),
        _seed("campaign_kpi_hourly", dial.hourly(24), ANA, 60, 120, created_days_ago=21),
        _seed("cart_abandon_audience", dial.hourly(29), ANA, 55, 130, created_days_ago=30),
        _seed("audience_sync", dial.hourly(34), ANA, 60, 140, history="..k...", created_days_ago=8),
        _seed("geo_sessions", dial.hourly(39), MK, 60, 90, created_days_ago=11),
        _seed("funnel_refresh", dial.hourly(52), SATO, 60, 85, created_days_ago=16),
    )


def rare(dial: Dial) -> tuple[ScheduleSeed, ...]:
    """Daily, weekly and monthly ones that are fine, off or over."""
    wide = "Price list of the day; exported by the pricing tool"
    return (
        _seed("identity_graph_daily", dial.daily(1, 30), ROBOT, 65, 22 * 60),
        _seed("consent_ledger", dial.daily(3, 10), ROBOT, 60, 6 * 60, history=".....-...."),
        _seed("rfm_scoring", dial.daily(4, 0), ANA, 60, 11 * 60, template="RFM scoring"),
        _seed("product_affinity", dial.daily(4, 30, "* * 0"), SATO, 75, 35 * 60, heavy=True),
        _seed("loyalty_tiering", dial.daily(5, 0), JD, 60, 8 * 60),
        _seed("email_engagement", dial.daily(5, 15), ANA, 60, 5 * 60),
        _seed("store_revenue_daily", dial.daily(6, 0), ROBOT, 60, 7 * 60),
        _seed("geo_lookup", dial.daily(6, 20, "* * 1-5"), MK, 240, 17 * 60, spread=0.3),
        _seed("delivery_delays", dial.daily(6, 50, "* * 1-6"), JD, 60, 3 * 60),
        _seed("returns_watch", dial.daily(7, 0), JD, 60, 4 * 60),
        _seed("newsletter_audience", dial.daily(7, 30, "* * 1"), ANA, 60, 6 * 60),
        _seed("vip_birthdays", dial.daily(8, 0, "1 * *"), ANA, 60, 2 * 60),
        _seed("kundenwert_größe", dial.daily(8, 15), SATO, 60, 5 * 60),
        _seed("search_terms", dial.daily(9, 5), MK, 60, 4 * 60),
        _seed("bot_filter", dial.daily(12, 0), PIPELINE, 60, 6 * 60),
        _seed("pricing_rules_wide", dial.daily(18, 45), PIPELINE, 60, 9 * 60, description=wide),
        _seed("gdpr_erasure_check", dial.daily(21, 0, "* * 5"), MK, 60, 12 * 60),
        _seed("warehouse_full_export", dial.daily(22, 15, "1 * *"), ROBOT, 60, 48 * 60),
        _seed(
            "old_backfill",
            dial.daily(20, 0),
            MK,
            60,
            26 * 60,
            state="DISABLED",
            off_days_ago=3,
            history="..k..",
        ),
        _seed("summer_sale_report", dial.daily(10, 0), JD, 60, 5 * 60, end_in_s=-9.5 * 24 * 3600),
    )


def new_audience(dial: Dial) -> ScheduleSeed:
    """What the colleague keeps creating."""
    return _seed("new_audience", dial.hourly(57), ANA, 60, 70, created_days_ago=0)


class _More(TypedDict, total=False):
    """Fields of a seed that most schedules leave alone."""

    state: str
    description: str
    spread: float
    max_active_runs: int
    created_days_ago: float
    off_days_ago: float
    dies_early: bool
    end_in_s: float
    history: str
    past_error: SqlError
    slow_factor_now: float
    late_by_s: float
    running_for_s: float
    template: str
    heavy: bool


def _seed(
    name: str, cron: str, owner: str, start_lag_s: float, base_s: float, **more: Unpack[_More]
) -> ScheduleSeed:
    return ScheduleSeed(
        name, sql(name), cron, owner, start_lag_s=start_lag_s, base_s=base_s, **more
    )


def _failing(
    name: str, cron: str, owner: str, start_lag_s: float, base_s: float, history: str
) -> ScheduleSeed:
    """A schedule whose text fails, now as in its past."""
    return _seed(
        name, cron, owner, start_lag_s, base_s, history=history, past_error=past_error(name)
    )
