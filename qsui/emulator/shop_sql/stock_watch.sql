INSERT INTO stock_watch
SELECT p.sku,
       p.category,
       p.stock,
       coalesce(sum(l.quantity), 0)::BIGINT AS sold_7d
FROM products p
LEFT JOIN order_lines l ON l.sku = p.sku
LEFT JOIN orders o
       ON o.order_id = l.order_id
      AND o.ordered_at >= now() - INTERVAL 7 DAY
WHERE p.stock < 25
GROUP BY p.sku, p.category, p.stock
