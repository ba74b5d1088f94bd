INSERT INTO rfm_scores
WITH base AS (
  SELECT customer_id,
         date_diff('day', max(ordered_at), now()) AS days_ago,
         count(*)                                 AS orders,
         sum(total)                               AS revenue
  FROM orders
  WHERE ordered_at <= now()
    AND status IN ('paid', 'shipped', 'delivered')
  GROUP BY customer_id
)
SELECT customer_id,
       ntile(5) OVER (ORDER BY days_ago DESC)::INTEGER AS recency,
       ntile(5) OVER (ORDER BY orders)::INTEGER        AS frequency,
       ntile(5) OVER (ORDER BY revenue)::INTEGER       AS monetary
FROM base
