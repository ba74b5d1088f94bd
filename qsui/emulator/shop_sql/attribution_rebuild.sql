WITH touches AS (
  SELECT _acme.crmId AS customer_id, timestamp, web.webReferrer.type AS channel
  FROM web_events
  WHERE web.webReferrer.type <> 'internal'
),
sales AS (
  SELECT customer_id, ordered_at, total
  FROM orders
  WHERE status <> 'returned'
)
SELECT t.channel,
       count(*)                       AS touches,
       count(DISTINCT s.customer_id)  AS buyers,
       sum(s.total)                   AS revenue
FROM sales s
JOIN touches t
  ON t.customer_id = s.customer_id
 AND t.timestamp BETWEEN s.ordered_at - INTERVAL 30 DAY AND s.ordered_at
GROUP BY t.channel
