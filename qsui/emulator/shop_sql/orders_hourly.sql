INSERT INTO orders_hourly_out
SELECT date_trunc('hour', ordered_at) AS hour,
       store_id,
       count(*)                       AS orders,
       sum(total)                     AS revenue
FROM orders
WHERE ordered_at >= date_trunc('hour', now()) - INTERVAL 1 HOUR
  AND ordered_at <  date_trunc('hour', now()) + INTERVAL 1 HOUR
  AND status <> 'returned'
GROUP BY 1, 2
