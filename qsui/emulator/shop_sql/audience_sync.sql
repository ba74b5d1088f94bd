INSERT INTO audience_out
SELECT s.name         AS audience,
       m.customer_id,
       m.last_qualified AS added_at
FROM segment_members m
JOIN segments s ON s.segment_id = m.segment_id
WHERE m.status = 'realized'
  AND m.last_qualified >= now() - INTERVAL 2 HOUR
