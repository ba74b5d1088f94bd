"""The demo shop's tables, made by the engine itself from row numbers and a seed.

Nothing is random: every value is a hash of the row number and `$SEED`. Times lie around the moment
of creation, some days beyond it, so that a query for "the last day" finds rows for weeks.
Each statement leaves an existing table alone, so a lake kept in a file is only completed.
"""

from __future__ import annotations

from typing import Final

# Ingested tables: queries may read and extend them, but not drop or replace them.
INGESTED: Final[dict[str, str]] = {
    "profiles": """
SELECT 'C' || lpad(i::VARCHAR, 6, '0') AS customer_id,
       {'tenant': 'acme', 'crmId': 'C' || lpad(i::VARCHAR, 6, '0'),
        'loyalty': {'tier': ['none', 'bronze', 'silver', 'gold'][1 + h(i, 1) % 4],
                    'points': h(i, 2) % 9000}} AS _acme,
       {'firstName': ['Ada', 'José', 'Zoë', 'Łukasz', 'Mei', 'Omar', 'Ines'][1 + h(i, 3) % 7],
        'birthYear': 1950 + h(i, 4) % 55} AS person,
       {'address': 'p' || i || '@example.com'} AS personalEmail,
       {'city': ['Lyon', 'Köln', 'Zürich', 'Gent', 'Porto', 'Malmö'][1 + h(i, 5) % 6],
        'countryCode': ['FR', 'DE', 'CH', 'BE', 'PT', 'SE'][1 + h(i, 5) % 6]} AS homeAddress,
       ago(h(i, 6) % 900 * 86400) AS created_at,
       ago(h(i, 7) % 5000000 - 900000) AS updated_at
FROM range(4000) t(i)""",
    "web_events": """
SELECT 'e' || i AS _id, ago(h(i, 11) % 5184000 - 1728000) AS timestamp,
       ['web.webpagedetails.pageViews', 'commerce.productViews', 'commerce.productListAdds',
        'commerce.checkouts', 'commerce.purchases'][1 + least(h(i, 12) % 9, 4)] AS eventType,
       'S' || h(i // 4, 13) % 9000 AS session_id,
       {'crmId': 'C' || lpad((h(i, 14) % 4000)::VARCHAR, 6, '0'), 'ecid': md5(i::VARCHAR)} AS _acme,
       {'webPageDetails': {'name': ['home', 'search', 'product', 'basket', 'checkout', 'stores'][
            1 + h(i, 15) % 6], 'siteSection': ['shop', 'blog', 'help'][1 + h(i, 16) % 3]},
        'webReferrer': {'type': ['internal', 'search', 'social', 'email'][1 + h(i, 17) % 4]}
       } AS web,
       {'type': ['desktop', 'mobile', 'tablet'][1 + h(i, 18) % 3]} AS device,
       '10.' || h(i, 19) % 256 || '.' || h(i, 20) % 256 || '.' || h(i, 21) % 256 AS client_ip,
       'P' || h(i, 22) % 240 AS sku
FROM range(24000) t(i)""",
    "orders": """
SELECT 'O' || i AS order_id, 'C' || lpad((h(i, 31) % 4000)::VARCHAR, 6, '0') AS customer_id,
       ago(h(i, 32) % 5184000 - 1728000) AS ordered_at,
       ['paid', 'shipped', 'delivered', 'returned'][1 + h(i, 33) % 4] AS status,
       (5 + h(i, 34) % 29500 / 100.0)::DECIMAL(10, 2) AS total,
       ['EUR', 'CHF', 'SEK'][1 + h(i, 35) % 3] AS currency, 1 + h(i, 36) % 40 AS store_id,
       {'shippingMethod': ['dhl', 'post', 'pickup'][1 + h(i, 37) % 3],
        'trackingNumber': upper(left(md5(i::VARCHAR), 12))} AS shipping
FROM range(6000) t(i)""",
    "order_lines": """
SELECT 'O' || h(i, 41) % 6000 AS order_id, 'P' || h(i, 42) % 240 AS sku,
       1 + h(i, 43) % 4 AS quantity, (1 + h(i, 44) % 9900 / 100.0)::DECIMAL(10, 2) AS price
FROM range(14000) t(i)""",
    "products": """
SELECT 'P' || i AS sku,
       ['shoes', 'jackets', 'tents', 'bikes', 'lamps', 'bags'][1 + h(i, 51) % 6] AS category,
       'Modell ' || chr((65 + i % 26)::INTEGER) || i AS title,
       (5 + h(i, 52) % 40000 / 100.0)::DECIMAL(10, 2) AS list_price,
       (h(i, 53) % 500)::INTEGER AS stock
FROM range(240) t(i)""",
    "segments": """
SELECT 'seg_' || lpad(i::VARCHAR, 3, '0') AS segment_id,
       ['high_value', 'cart_abandon', 'win_back', 'newsletter', 'bike_fans', 'vip'][1 + i % 6]
           || '_' || i AS name, i % 9 <> 0 AS active
FROM range(48) t(i)""",
    "segment_members": """
SELECT 'seg_' || lpad((h(i, 61) % 48)::VARCHAR, 3, '0') AS segment_id,
       'C' || lpad((h(i, 62) % 4000)::VARCHAR, 6, '0') AS customer_id,
       ['realized', 'existing', 'exited'][1 + h(i, 63) % 3] AS status,
       ago(h(i, 64) % 3000000 - 900000) AS last_qualified
FROM range(12000) t(i)""",
    "identities": """
SELECT 'C' || lpad((h(i, 71) % 4000)::VARCHAR, 6, '0') AS customer_id,
       ['ecid', 'email', 'phone', 'loyaltyId'][1 + h(i, 72) % 4] AS namespace,
       md5('id' || i) AS identity_value, h(i, 73) % 3 = 0 AS is_primary
FROM range(11000) t(i)""",
    "consents": """
SELECT 'C' || lpad(i::VARCHAR, 6, '0') AS customer_id,
       {'marketing': {'email': {'val': ['y', 'n', 'u'][1 + h(i, 81) % 3]},
                      'sms': {'val': ['y', 'n'][1 + h(i, 82) % 2]}},
        'collect': {'val': 'y'}} AS consents,
       ago(h(i, 83) % 4000000 - 900000) AS changed_at
FROM range(4000) t(i)""",
    "campaigns": """
SELECT 'cmp_' || i AS campaign_id,
       ['spring', 'été', 'Herbst', 'vinter'][1 + i % 4] || '_' || i AS name,
       ['email', 'push', 'display'][1 + h(i, 91) % 3] AS channel,
       (500 + h(i, 92) % 20000)::DECIMAL(10, 2) AS budget
FROM range(36) t(i)""",
    "email_events": """
SELECT 'cmp_' || h(i, 101) % 36 AS campaign_id,
       'C' || lpad((h(i, 102) % 4000)::VARCHAR, 6, '0') AS customer_id,
       ['sent', 'open', 'click', 'bounce', 'unsubscribe'][1 + least(h(i, 103) % 12, 4)] AS event,
       ago(h(i, 104) % 5184000 - 1728000) AS timestamp
FROM range(9000) t(i)""",
    "stores": """
SELECT 1 + i AS store_id, ['Lyon', 'Köln', 'Zürich', 'Gent', 'Porto', 'Malmö'][1 + i % 6] AS city,
       36.0 + h(i, 111) % 2000 / 100.0 AS lat, -9.0 + h(i, 112) % 2500 / 100.0 AS lon
FROM range(40) t(i)""",
    "loyalty_ledger": """
SELECT 'L' || h(i, 121) % 5200 AS entry_id,
       'C' || lpad((h(i, 122) % 4000)::VARCHAR, 6, '0') AS customer_id,
       (h(i, 123) % 400 - 80)::INTEGER AS points, ago(h(i, 124) % 5184000 - 1728000) AS booked_at
FROM range(6500) t(i)""",
    "partner_prices": """
SELECT i // 40 AS batch_no, 'P' || i % 240 AS sku,
       CASE WHEN i // 40 % 7 = 5 AND i % 40 = 11 THEN 'n/a'
            ELSE (5 + h(i, 131) % 40000 / 100.0)::VARCHAR END AS price_text
FROM range(1120) t(i)""",
    "geo_ranges": """
SELECT '10.' || i || '.' AS prefix, ['FR', 'DE', 'CH', 'BE', 'PT', 'SE'][1 + i % 6] AS country
FROM range(256) t(i)""",
    # The shop moved its CRM export here; `crm_accounts`, its old name, is gone on purpose.
    "crm_accounts_v2": """
SELECT 'C' || lpad(i::VARCHAR, 6, '0') AS customer_id, 'A' || i AS account_no,
       ['web', 'store', 'partner'][1 + h(i, 141) % 3] AS acquired_by,
       ['2024-02-11', '2025-07-30', '31.12.2025'][1 + (h(i, 142) % 40)::INTEGER // 19] AS opened_on
FROM range(4000) t(i)""",
    "finance_margins": """
SELECT 'P' || i AS sku, (h(i, 151) % 6000 / 100.0)::DECIMAL(6, 2) AS margin_pct
FROM range(240) t(i)""",
}

# Datasets whose reader lost access: every statement that reads one is refused.
RESTRICTED: Final = frozenset({"finance_margins"})

# Outputs of the schedules, empty at first: name -> columns.
OUTPUTS: Final[dict[str, str]] = {
    "live_basket_pulse_out": "minute TIMESTAMPTZ, baskets BIGINT, checkouts BIGINT, ratio DOUBLE",
    "fraud_watch_out": "customer_id VARCHAR, orders BIGINT, total DECIMAL(12,2), seen TIMESTAMPTZ",
    "partner_price_log": "batch_no BIGINT, taken_at TIMESTAMPTZ",
    "partner_price_clean": "sku VARCHAR, price DECIMAL(10,2), batch_no BIGINT",
    "orders_hourly_out": "hour TIMESTAMPTZ, store_id BIGINT, orders BIGINT, revenue DECIMAL(14,2)",
    "session_rollup": "session_id VARCHAR, started TIMESTAMPTZ, events BIGINT, pages BIGINT",
    "segment_out": "segment_id VARCHAR, members BIGINT, exited BIGINT, made_at TIMESTAMPTZ",
    "prof_daily": "customer_id VARCHAR, tier VARCHAR, orders BIGINT, revenue DECIMAL(14,2)",
    "audience_out": "audience VARCHAR, customer_id VARCHAR, added_at TIMESTAMPTZ",
    "loyalty_out": "customer_id VARCHAR, points BIGINT, tier VARCHAR, made_at TIMESTAMPTZ",
    "identity_edges": "customer_id VARCHAR, namespaces VARCHAR, identities BIGINT",
    "consent_out": "customer_id VARCHAR, channel VARCHAR, allowed BOOLEAN, changed_at TIMESTAMPTZ",
    "campaign_kpi": "campaign_id VARCHAR, day DATE, sent BIGINT, opens BIGINT, clicks BIGINT",
    "stock_watch": "sku VARCHAR, category VARCHAR, stock INTEGER, sold_7d BIGINT",
    "rfm_scores": "customer_id VARCHAR, recency INTEGER, frequency INTEGER, monetary INTEGER",
    "geo_daily": "country VARCHAR, day DATE, sessions BIGINT, events BIGINT",
    "funnel_daily": "day DATE, device VARCHAR, step VARCHAR, sessions BIGINT",
    "account_facts": "customer_id VARCHAR, account_no VARCHAR, opened DATE",
}


def statements(seed: int) -> list[str]:
    """The statements that make the lake, in order; each one may be run again at no cost."""
    made = [
        "CREATE OR REPLACE TEMP MACRO h(i, salt) AS "
        f"(hash(i::BIGINT * 1000 + salt + {seed * 1_000_000_007}) % 1000000007)::BIGINT",
        "CREATE OR REPLACE TEMP MACRO ago(s) AS date_trunc('hour', now()) - to_seconds(s)",
    ]
    made += [f"CREATE TABLE IF NOT EXISTS {name} AS {body}" for name, body in INGESTED.items()]
    made += [f"CREATE TABLE IF NOT EXISTS {name} ({cols})" for name, cols in OUTPUTS.items()]
    made.append(
        "CREATE TABLE IF NOT EXISTS segment_snapshot AS SELECT * FROM segments WHERE active"
    )
    made += ["DROP MACRO temp.h", "DROP MACRO temp.ago"]
    return made
