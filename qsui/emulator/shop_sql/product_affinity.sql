-- pairs of products looked at by neighbours: quadratic, so once a night
WITH seen AS (
  SELECT sku, client_ip, timestamp
  FROM web_events
  WHERE timestamp >= now() - INTERVAL 14 DAY
    AND eventType <> 'commerce.purchases'
)
SELECT a.sku   AS sku,
       b.sku   AS other,
       count(*) AS together,
       avg(levenshtein(a.client_ip, b.client_ip)) AS distance
FROM seen a
JOIN seen b
  ON levenshtein(a.client_ip, b.client_ip) <= 3
 AND a.sku < b.sku
GROUP BY a.sku, b.sku
HAVING count(*) > 1
ORDER BY together DESC
LIMIT 500
