"""The ad hoc side of the demo shop: a day of queries by people and tools, and stored templates."""

from __future__ import annotations

from random import Random
from typing import Final

from qsui.emulator import errors
from qsui.emulator.shop_schedules import ANA, JD, MK, ROBOT, SATO
from qsui.emulator.shop_seeds import QuerySeed, TemplateSeed
from qsui.emulator.shop_texts import sql

_EDITOR: Final = "Adobe Query Service UI"
_POWER_BI: Final = "Power BI"
_PSQL: Final = "psql"
_DBVIS: Final = "DbVisualizer"
_API: Final = "API"
_DAY_S: Final = 86_400
_LIMIT_MS: Final = 600_000

# What people ask all day: client, user, text, usual rows.
_USUAL: Final[tuple[tuple[str, str, str, int], ...]] = (
    (_EDITOR, ANA, "SELECT count(*) FROM web_events", 1),
    (_EDITOR, ANA, "SELECT * FROM segments\nWHERE active\nORDER BY segment_id\nLIMIT 100", 42),
    (
        _POWER_BI,
        "powerbi-svc@techacct.adobe.com",
        'select "order_id", "total", "currency"\nfrom "orders"\nwhere "status" = \'paid\'',
        1504,
    ),
    (
        _POWER_BI,
        "powerbi-svc@techacct.adobe.com",
        "select hour, sum(orders) as orders, sum(revenue) as revenue\n"
        "from orders_hourly_out\ngroup by hour",
        24,
    ),
    (_PSQL, JD, "SELECT * FROM loyalty_out ORDER BY made_at DESC LIMIT 20;", 20),
    (_PSQL, JD, "EXPLAIN SELECT customer_id FROM identities WHERE is_primary;", 0),
    (
        _DBVIS,
        MK,
        "SELECT device.type, count(*) AS hits\nFROM web_events\n"
        "WHERE timestamp >= now() - INTERVAL 1 DAY\nGROUP BY 1\nORDER BY hits DESC",
        3,
    ),
    (
        _EDITOR,
        SATO,
        "-- 会員ランクの分布\nSELECT _acme.loyalty.tier AS tier, count(*) AS members\n"
        "FROM profiles\nGROUP BY 1",
        4,
    ),
    (
        _EDITOR,
        MK,
        "SELECT p.category, sum(l.quantity * l.price) AS revenue\nFROM order_lines l\n"
        "JOIN products p ON p.sku = l.sku\nGROUP BY p.category",
        6,
    ),
    (_API, ROBOT, "SELECT max(batch_no) FROM partner_price_log", 1),
)
_NOISE: Final = (
    'DECLARE "SQL_CUR0x55d1" CURSOR WITH HOLD FOR select "sku" from "products"',
    'FETCH 100 IN "SQL_CUR0x55d1"',
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n",
)


def _remarkable() -> tuple[QuerySeed, ...]:
    """The ones that a person looks for: failed, killed, timed out, still running."""
    ambiguous = "SELECT customer_id, total\nFROM orders\nJOIN profiles ON true\nLIMIT 10"
    typo = "SELCT count(*) FROM orders"
    cube = (
        "SELECT a.session_id, b.session_id, count(*)\nFROM web_events a\n"
        "CROSS JOIN web_events b\nGROUP BY 1, 2"
    )
    old_name = "SELECT * FROM accounts LIMIT 50"
    pivot = "SELECT percentile_approx(total, 0.9) FROM orders"
    late = errors.timeout_error(600)
    return (
        QuerySeed(
            cube, _POWER_BI, "powerbi-svc@techacct.adobe.com", 2000, "TIMEOUT", _LIMIT_MS, late
        ),
        QuerySeed(
            cube, _POWER_BI, "powerbi-svc@techacct.adobe.com", 9400, "TIMEOUT", _LIMIT_MS, late
        ),
        QuerySeed(old_name, _PSQL, JD, 610, "FAILED", 900, errors.table_missing("accounts")),
        QuerySeed(
            typo,
            _PSQL,
            JD,
            655,
            "FAILED",
            120,
            errors.SqlError(
                "42601",
                f'Syntax error: syntax error at or near "SELCT". At line 1: {typo}',
                errors.USER_ERROR,
            ),
        ),
        QuerySeed(
            ambiguous,
            _EDITOR,
            ANA,
            1500,
            "FAILED",
            2300,
            errors.wrapped(
                'AnalysisException: Ambiguous reference to column name "customer_id" (use: '
                '"orders.customer_id" or "profiles.customer_id"). At line 1: SELECT customer_id, '
                "total",
                ambiguous,
            ),
        ),
        QuerySeed(
            pivot,
            _DBVIS,
            MK,
            5200,
            "FAILED",
            1800,
            errors.function_missing("percentile_approx", pivot),
        ),
        QuerySeed(
            "CREATE TABLE tmp_7 AS\nSELECT * FROM web_events", _EDITOR, MK, 7900, "KILLED", 244_000
        ),
        QuerySeed(cube, _EDITOR, SATO, 15_300, "KILLED", 71_000, name="Session overlap, try 2"),
        QuerySeed(
            "SELECT 1",
            _DBVIS,
            MK,
            21_600,
            "FAILED",
            40,
            errors.SqlError("58000", "Session Limit Reached", errors.SYSTEM_ERROR),
        ),
        QuerySeed(sql("attribution_rebuild"), _EDITOR, ANA, 95, "IN_PROGRESS", name="Attribution"),
        QuerySeed(
            sql("returns_watch"), _EDITOR, JD, 3100, "SUCCESS", 8300, name="Returns", row_count=6
        ),
    )


def queries() -> tuple[QuerySeed, ...]:
    """About sixty queries over the last day, the newest first."""
    chance = Random(20)  # noqa: S311 - a fixed scene, not a secret
    made = list(_remarkable())
    for number in range(46):
        client, user, text, rows = _USUAL[number * 7 % len(_USUAL)]
        age = 140 + number * 1750 + chance.randrange(900)
        took = 300 + int(chance.lognormvariate(7.6, 0.9))
        made.append(QuerySeed(text, client, user, age, "SUCCESS", took, row_count=rows))
    for number, text in enumerate(_NOISE * 2):
        age = 420 + number * 11_000
        tool = "powerbi-svc@techacct.adobe.com"
        made.append(QuerySeed(text, _POWER_BI, tool, age, "SUCCESS", 35, hidden=True))
    return tuple(sorted(made, key=lambda query: query.created_s_ago))


def many_queries(count: int) -> tuple[QuerySeed, ...]:
    """`count` ordinary queries spread evenly over a day, one in fifty failed."""
    missing = errors.table_missing("accounts")
    made = []
    for number in range(count):
        client, user, text, rows = _USUAL[number % len(_USUAL)]
        age = 60 + number * (_DAY_S - 60) / max(count, 1)
        if number % 50 == 7:
            text = "SELECT * FROM accounts LIMIT 50"
            made.append(QuerySeed(text, client, user, age, "FAILED", 700, missing))
        else:
            took = 400 + number * 7919 % 20_000
            made.append(QuerySeed(text, client, user, age, "SUCCESS", took, row_count=rows))
    return tuple(made)


def templates() -> tuple[TemplateSeed, ...]:
    """The stored texts of the shop."""
    return (
        TemplateSeed("RFM scoring", sql("rfm_scoring"), ANA),
        TemplateSeed("Returns by category", sql("returns_watch"), JD),
        TemplateSeed("Bot filter", sql("bot_filter"), MK),
        TemplateSeed("Funnel of today", sql("funnel_refresh"), SATO),
        TemplateSeed("Kundenwert je Größe", sql("kundenwert_größe"), SATO),
        TemplateSeed(
            "Orders of one day",
            "SELECT status, count(*) AS orders, sum(total) AS total\nFROM orders\n"
            "WHERE CAST(ordered_at AS DATE) = CAST('$day' AS DATE)\nGROUP BY status",
            JD,
            {"day": "2026-05-31"},
        ),
        TemplateSeed(
            "One customer",
            "SELECT *\nFROM profiles\nWHERE customer_id = '$customer'",
            MK,
            {"customer": "C000042"},
        ),
        TemplateSeed(
            "Members of a segment",
            "SELECT m.customer_id, m.last_qualified\nFROM segment_members m\n"
            "WHERE m.segment_id = '$segment'\n  AND m.status = '$status'\nLIMIT $rows",
            ANA,
            {"segment": "seg_007", "status": "realized", "rows": "500"},
        ),
    )
