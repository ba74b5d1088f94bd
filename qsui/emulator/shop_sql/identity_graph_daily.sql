INSERT INTO identity_edges
SELECT customer_id,
       string_agg(DISTINCT namespace, ',' ORDER BY namespace) AS namespaces,
       count(DISTINCT identity_value)                         AS identities
FROM identities
GROUP BY customer_id
HAVING count(DISTINCT namespace) > 1
