INSERT INTO audience_out
SELECT 'newsletter' AS audience,
       p.customer_id,
       now()        AS added_at
FROM profiles p
JOIN consents c ON c.customer_id = p.customer_id
WHERE c.consents.marketing.email.val = 'y'
  AND p.updated_at >= now() - INTERVAL 7 DAY
