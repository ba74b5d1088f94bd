CREATE TABLE segment_snapshot
  WITH (schema = 'acme_segment_snapshot') AS
SELECT s.segment_id,
       s.name,
       count(DISTINCT m.customer_id) AS members
FROM segments s
LEFT JOIN segment_members m ON m.segment_id = s.segment_id
WHERE s.active
GROUP BY s.segment_id, s.name
