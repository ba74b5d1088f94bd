INSERT INTO fraud_watch_out
-- many orders in a short time, sent to more than two different parcels
SELECT o.customer_id,
       count(*)     AS orders,
       sum(o.total) AS total,
       now()        AS seen
FROM orders o
JOIN profiles p ON p.customer_id = o.customer_id
WHERE o.ordered_at >= now() - INTERVAL 7 DAY
  AND p._acme.loyalty.tier <> 'gold'
GROUP BY o.customer_id
HAVING count(*) >= 3
   AND count(DISTINCT o.shipping.trackingNumber) > 2
