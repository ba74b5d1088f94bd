"""The demo shop's workflows: lists of tools whose statements really run in the lake."""

from __future__ import annotations

from typing import Final

from qsui.emulator.alteryx.seeds import Question, Tool, ToolKind, WorkflowSeed
from qsui.emulator.alteryx.shop_people import ANA, CFO, GONE, JD, MK, SATO
from qsui.emulator.errors import table_missing

READ, WRITE, CHECK, CONVERT, SAY, TEST, BATCH = ToolKind
FINANCE: Final = r"ACME\svc-finance"
HOUR: Final = 3600.0

_LIVE: Final = (
    Tool(1, READ, "SELECT session_id FROM web_events WHERE eventType = 'commerce.checkouts'",
         "{rows} records were read from \"web_events\""),
    Tool(4, READ, "SELECT device.type, count(*) FROM web_events GROUP BY ALL",
         "{rows} groups were made", usual_rows=3),
    Tool(7, WRITE, "SELECT device.type AS device, count(*) AS events FROM web_events GROUP BY ALL",
         "{rows} records were written to \"basket_watch.yxdb\"", file="basket_watch.yxdb",
         usual_rows=3),
)  # fmt: skip
_SALES: Final = (
    Tool(1, READ, "SELECT * FROM orders WHERE status <> 'returned'",
         "{rows} records were read from \"orders\""),
    Tool(2, READ, "SELECT * FROM stores", "{rows} records were read from \"stores\"",
         usual_rows=40),
    Tool(5, READ, "SELECT o.order_id FROM orders o JOIN stores s USING (store_id)",
         "{rows} records were joined with 0 un-joined left records and 0 un-joined right records"),
    Tool(8, WRITE, """
SELECT s.city, count(*) AS orders, sum(o.total) AS revenue
FROM orders o JOIN stores s USING (store_id)
GROUP BY s.city ORDER BY revenue DESC""",
         "{rows} records were written to \"store_sales.yxdb\"", file="store_sales.yxdb",
         usual_rows=6),
    Tool(9, WRITE, "SELECT store_id, max(ordered_at) AS last_order FROM orders GROUP BY store_id",
         "{rows} records were written to \"stores_last_order.xlsx\"", file="stores_last_order.xlsx",
         usual_rows=40),
)  # fmt: skip
_CRM_SQL: Final = """
SELECT customer_id, account_no
FROM crm_accounts
WHERE acquired_by <> 'partner'"""
_CRM: Final = (
    Tool(1, READ, "SELECT customer_id FROM profiles", "{rows} records were read from \"profiles\"",
         usual_rows=4000),
    Tool(3, READ, _CRM_SQL, "{rows} records were read from \"crm_accounts\"",
         past_error=table_missing("crm_accounts", "crm_accounts_v2", "line 3: FROM crm_accounts")),
    Tool(6, WRITE, "SELECT customer_id FROM profiles", "{rows} records were written",
         file="crm_delta.yxdb"),
)  # fmt: skip
_PRICES: Final = (
    Tool(1, READ, "SELECT * FROM partner_prices", "{rows} records were read from \"prices.csv\"",
         usual_rows=1120),
    Tool(2, CONVERT, "SELECT 1 FROM partner_prices WHERE try_cast(price_text AS DOUBLE) IS NULL",
         "\"n/a\" in field \"price_text\" is not a number; null was used", usual_rows=4),
    Tool(4, CHECK, """
SELECT p.sku FROM products p
WHERE NOT EXISTS (SELECT 1 FROM partner_prices x WHERE x.sku = p.sku AND x.batch_no >= 24)""",
         "{rows} products have no price in the newest batches", usual_rows=80),
    Tool(9, WRITE, "SELECT sku, price_text FROM partner_prices",
         "{rows} records were written to \"partner_prices.yxdb\"", file="partner_prices.yxdb",
         usual_rows=1120),
)  # fmt: skip
_LOYALTY: Final = (
    Tool(1, READ, "SELECT * FROM loyalty_ledger", "{rows} records were read from \"ledger\"",
         usual_rows=6500),
    Tool(2, CHECK, "SELECT entry_id FROM loyalty_ledger GROUP BY entry_id HAVING count(*) > 1",
         "{rows} ledger entries share their number with another one", usual_rows=1083),
    Tool(5, WRITE, "SELECT customer_id, sum(points) FROM loyalty_ledger GROUP BY customer_id",
         "{rows} records were written to \"balances.yxdb\"", file="balances.yxdb",
         usual_rows=3216),
)  # fmt: skip
_PAYROLL: Final = (
    Tool(1, READ, "SELECT customer_id, sum(total) FROM orders GROUP BY ALL",
         "{rows} records were read from \"payroll_2019_2026.csv\"", share=0.01, usual_rows=3114),
    Tool(2, CHECK, "SELECT 1 FROM stores WHERE lat > 48",
         "Append Fields: {rows} sources match every target; the join has no limit", share=0.01,
         usual_rows=17),
    Tool(3, BATCH, """
SELECT o.order_id, o.total, s.city
FROM orders o CROSS JOIN (SELECT DISTINCT city FROM stores WHERE store_id % 40 = {batch} % 40) s
WHERE o.store_id = 1 + {batch} % 40""",
         "Batch {batch}: {rows} records were appended to \"payroll_variance.yxdb\"", share=1.0,
         every_s=45),
)  # fmt: skip
_LEDGER: Final = (
    Tool(1, READ, "SELECT * FROM orders", "{rows} records were read from \"orders\"",
         usual_rows=6000),
    Tool(4, TEST, "SELECT order_id FROM orders WHERE total < 0",
         "{rows} orders have a negative total",
         usual_rows=0),
    Tool(6, WRITE, "SELECT currency, sum(total) FROM orders GROUP BY currency",
         "{rows} records were written to \"ledger_check.xlsx\"", file="ledger_check.xlsx",
         usual_rows=3),
)  # fmt: skip
_MARGIN: Final = (
    Tool(1, READ, "SELECT * FROM products", "{rows} records were read from \"products\"",
         usual_rows=240),
    Tool(2, WRITE, "SELECT category, avg(list_price) FROM products GROUP BY category",
         "{rows} records were written to \"margins.pdf\"", file="margins.pdf", usual_rows=6),
)  # fmt: skip
_CLICKS: Final = (
    Tool(1, READ, "SELECT * FROM web_events", "{rows} records were read from \"web_events\"",
         usual_rows=24_000),
    Tool(2, SAY, "SELECT _id FROM web_events LIMIT 5000",
         "client address was replaced by its network", usual_rows=5000),
    Tool(5, WRITE, "SELECT * FROM web_events LIMIT 5000",
         "{rows} records were written to \"clicks.yxdb\"", file="clicks.yxdb", usual_rows=5000),
)  # fmt: skip
_BRIEF: Final = (
    Tool(1, READ, "SELECT * FROM campaigns", "{rows} records were read from \"campaigns\"",
         usual_rows=36),
    Tool(3, WRITE, "SELECT channel, sum(budget) FROM campaigns GROUP BY channel",
         "{rows} records were written to \"brief.docx\"", file="brief.docx", usual_rows=3),
)  # fmt: skip
_LETTER: Final = (
    Tool(1, READ, "SELECT * FROM consents WHERE consents.marketing.email.val = 'y'",
         "{rows} records were read from \"consents\"", usual_rows=1338),
    Tool(2, WRITE, "SELECT customer_id FROM consents WHERE consents.marketing.email.val = 'y'",
         "{rows} records were written to \"audience.csv\"", file="audience.csv",
         usual_rows=1338),
)  # fmt: skip
_BOUNCE: Final = (
    Tool(1, READ, "SELECT * FROM email_events WHERE event = 'bounce'",
         "{rows} records were read from \"email_events\""),
    Tool(3, READ, "SELECT DISTINCT customer_id FROM email_events WHERE event = 'bounce'",
         "{rows} unique records"),
)  # fmt: skip
_VALUE: Final = (
    Tool(1, READ, "SELECT * FROM profiles", "{rows} Datensätze wurden aus »profiles« gelesen",
         usual_rows=4000),
    Tool(2, WRITE, "SELECT homeAddress.city, count(*) FROM profiles GROUP BY ALL",
         "{rows} Datensätze wurden nach »größe_je_stadt.xlsx« geschrieben",
         file="größe_je_stadt.xlsx", usual_rows=6),
)  # fmt: skip

WORKFLOWS: Final = (
    WorkflowSeed("Live_Basket_Watch", JD, _LIVE, 26, spread=0.08, created_days_ago=41, versions=3),
    WorkflowSeed(
        "Store_Sales_Refresh", ANA, _SALES, 48, created_days_ago=320, versions=9,
        comments="Feeds the wall screens in the stores",
    ),
    WorkflowSeed("CRM_Account_Sync", JD, _CRM, 14, created_days_ago=210, versions=4),
    WorkflowSeed("Partner_Price_Load", MK, _PRICES, 31, created_days_ago=150, versions=2),
    WorkflowSeed("Loyalty_Points_Audit", SATO, _LOYALTY, 26, created_days_ago=77),
    WorkflowSeed(
        "Payroll_Variance_Backfill", MK, _PAYROLL, 60 * HOUR, spread=0.0, worker_tag="finance",
        credential=FINANCE, created_days_ago=2,
    ),
    WorkflowSeed(
        "Ledger_Reconciliation", MK, _LEDGER, 55, worker_tag="finance", credential=FINANCE,
        created_days_ago=400, versions=12,
    ),
    WorkflowSeed("Margin_Report", ANA, _MARGIN, 40, worker_tag="finance", created_days_ago=95),
    WorkflowSeed("Clickstream_Quality_Scan", JD, _CLICKS, 190, created_days_ago=30, is_amp=False),
    WorkflowSeed(
        "Campaign_Brief", ANA, _BRIEF, 12, package="App", created_days_ago=60,
        questions=(
            Question("Region", "DropDown", "Which region?", "EMEA",
                     (("EMEA", "Europe"), ("AMER", "Americas"), ("APAC", "Asia"))),
            Question("Month", "TextBox", "Month as yyyy-mm"),
        ),
    ),
    WorkflowSeed("Newsletter_Audience_Export", SATO, _LETTER, 22, created_days_ago=180),
    WorkflowSeed("Email_Bounce_Cleanup", ANA, _BOUNCE, 85, created_days_ago=130),
    WorkflowSeed("Kundenwert_Größe", SATO, _VALUE, 28, created_days_ago=88, is_public=True),
    WorkflowSeed("Address_Cleaner", GONE, package="Macro", created_days_ago=390),
    WorkflowSeed("Exec_Bonus_Model", CFO, _MARGIN, 33, created_days_ago=12, credential=FINANCE),
)  # fmt: skip
