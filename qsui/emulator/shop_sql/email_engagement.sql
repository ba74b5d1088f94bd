INSERT INTO campaign_kpi
SELECT c.campaign_id,
       CAST(e.timestamp AS DATE)           AS day,
       count(*) FILTER (e.event = 'sent')  AS sent,
       count(*) FILTER (e.event = 'open')  AS opens,
       count(*) FILTER (e.event = 'click') AS clicks
FROM campaigns c
JOIN email_events e ON e.campaign_id = c.campaign_id
WHERE c.channel = 'email'
  AND e.timestamp BETWEEN now() - INTERVAL 2 DAY AND now()
GROUP BY ALL
