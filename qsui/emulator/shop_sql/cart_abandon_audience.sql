INSERT INTO audience_out
WITH carts AS (
  SELECT _acme.crmId AS customer_id,
         max(timestamp) FILTER (eventType = 'commerce.productListAdds') AS added_at,
         max(timestamp) FILTER (eventType = 'commerce.purchases')       AS bought_at
  FROM web_events
  WHERE timestamp >= now() - INTERVAL 2 DAY
  GROUP BY 1
)
SELECT 'cart_abandon' AS audience,
       c.customer_id,
       c.added_at
FROM carts c
JOIN consents k ON k.customer_id = c.customer_id
WHERE c.added_at IS NOT NULL
  AND (c.bought_at IS NULL OR c.bought_at < c.added_at)
  AND k.consents.marketing.email.val = 'y'
