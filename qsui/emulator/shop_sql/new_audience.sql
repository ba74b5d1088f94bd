INSERT INTO audience_out
SELECT 'bike_fans_' || p.homeAddress.countryCode AS audience,
       p.customer_id,
       now() AS added_at
FROM profiles p
JOIN orders o      ON o.customer_id = p.customer_id
JOIN order_lines l ON l.order_id = o.order_id
JOIN products x    ON x.sku = l.sku
WHERE x.category = 'bikes'
