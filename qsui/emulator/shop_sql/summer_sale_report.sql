SELECT p.category, sum(l.quantity) AS pieces, sum(l.quantity * l.price) AS revenue
FROM order_lines l
JOIN orders o   ON o.order_id = l.order_id
JOIN products p ON p.sku = l.sku
WHERE o.currency = 'EUR'
GROUP BY p.category
