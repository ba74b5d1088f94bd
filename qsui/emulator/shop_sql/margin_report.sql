SELECT p.category,
       avg(f.margin_pct)                          AS margin_pct,
       sum(l.quantity * l.price)                  AS revenue
FROM order_lines l
JOIN products p        ON p.sku = l.sku
JOIN finance_margins f ON f.sku = l.sku
GROUP BY p.category
ORDER BY revenue DESC
