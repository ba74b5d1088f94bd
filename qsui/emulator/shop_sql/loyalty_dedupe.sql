INSERT INTO loyalty_out
WITH ranked AS (
  SELECT entry_id, customer_id, points, booked_at,
         row_number() OVER (PARTITION BY entry_id ORDER BY booked_at DESC) AS copy
  FROM loyalty_ledger
)
SELECT customer_id,
       sum(points)                                        AS points,
       CASE WHEN sum(points) >= 600 THEN 'gold'
            WHEN sum(points) >= 300 THEN 'silver'
            WHEN sum(points) >= 100 THEN 'bronze'
            ELSE 'none' END                               AS tier,
       now()                                              AS made_at
FROM ranked
WHERE copy = 1
GROUP BY customer_id
