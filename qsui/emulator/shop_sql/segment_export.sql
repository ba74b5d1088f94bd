INSERT INTO segment_out
WITH latest AS (
  SELECT segment_id, customer_id, status, last_qualified,
         row_number() OVER (PARTITION BY segment_id, customer_id
                            ORDER BY last_qualified DESC) AS nth
  FROM segment_members
)
SELECT l.segment_id,
       count(*) FILTER (l.status IN ('realized', 'existing')) AS members,
       count(*) FILTER (l.status = 'exited')                  AS exited,
       now()                                                  AS made_at
FROM latest l
JOIN segments s ON s.segment_id = l.segment_id
WHERE l.nth = 1
  AND s.active
GROUP BY l.segment_id
