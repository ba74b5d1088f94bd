INSERT INTO campaign_kpi
SELECT campaign_id,
       CAST(timestamp AS DATE)          AS day,
       count(*) FILTER (event = 'sent') AS sent,
       count(*) FILTER (event = 'open') AS opens,
       count(*) FILTER (event = 'click') AS clicks
FROM email_events
WHERE timestamp >= now() - INTERVAL 1 DAY
  AND timestamp <  now()
GROUP BY campaign_id, CAST(timestamp AS DATE)
