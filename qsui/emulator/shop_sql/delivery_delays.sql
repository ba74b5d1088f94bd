SELECT shipping.shippingMethod AS carrier,
       count(*)                AS parcels,
       avg(date_diff('hour', ordered_at, now())) AS age_h
FROM orders
WHERE status = 'shipped'
  AND ordered_at <= now()
GROUP BY 1
