SELECT i.namespace, count(*) AS left_over
FROM identities i
LEFT JOIN profiles p ON p.customer_id = i.customer_id
WHERE p.customer_id IS NULL
GROUP BY i.namespace
