INSERT INTO funnel_daily
SELECT CAST(timestamp AS DATE) AS day,
       device.type             AS device,
       eventType               AS step,
       count(DISTINCT session_id) AS sessions
FROM web_events
WHERE timestamp >= date_trunc('day', now())
GROUP BY ALL
