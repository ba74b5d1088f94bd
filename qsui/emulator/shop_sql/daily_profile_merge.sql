INSERT INTO prof_daily
WITH spend AS (
  SELECT customer_id,
         count(*)   AS orders,
         sum(total) AS revenue
  FROM orders
  WHERE ordered_at >= now() - INTERVAL 90 DAY
    AND status <> 'returned'
  GROUP BY customer_id
),
accounts AS (
  SELECT customer_id, account_no, acquired_by
  FROM crm_accounts
  WHERE account_no IS NOT NULL
)
SELECT p.customer_id,
       p._acme.loyalty.tier       AS tier,
       coalesce(s.orders, 0)      AS orders,
       coalesce(s.revenue, 0)     AS revenue
FROM profiles p
LEFT JOIN spend s    ON s.customer_id = p.customer_id
LEFT JOIN accounts a ON a.customer_id = p.customer_id
WHERE p.updated_at >= now() - INTERVAL 30 DAY
