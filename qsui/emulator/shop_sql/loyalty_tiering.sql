INSERT INTO loyalty_out
SELECT p.customer_id,
       (p._acme.loyalty.points + coalesce(sum(l.points), 0))::BIGINT AS points,
       p._acme.loyalty.tier                                          AS tier,
       now()                                                         AS made_at
FROM profiles p
LEFT JOIN loyalty_ledger l ON l.customer_id = p.customer_id
GROUP BY p.customer_id, p._acme.loyalty.points, p._acme.loyalty.tier
