-- moved from the old warehouse, where to_eur() was a user-defined function
INSERT INTO orders_hourly_out
SELECT date_trunc('hour', ordered_at)  AS hour,
       store_id,
       count(*)                        AS orders,
       sum(to_eur(total, currency))    AS revenue
FROM orders
WHERE ordered_at >= now() - INTERVAL 1 DAY
GROUP BY 1, 2
