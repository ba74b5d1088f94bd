SELECT p.category,
       count(*)                                          AS lines,
       count(*) FILTER (o.status = 'returned')           AS returned,
       round(100.0 * count(*) FILTER (o.status = 'returned') / count(*), 1) AS pct
FROM order_lines l
JOIN orders o   ON o.order_id = l.order_id
JOIN products p ON p.sku = l.sku
GROUP BY p.category
ORDER BY pct DESC
