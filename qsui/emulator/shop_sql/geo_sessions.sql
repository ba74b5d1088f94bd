INSERT INTO geo_daily
SELECT g.country,
       CAST(e.timestamp AS DATE)     AS day,
       count(DISTINCT e.session_id)  AS sessions,
       count(*)                      AS events
FROM web_events e
JOIN geo_ranges g ON starts_with(e.client_ip, g.prefix)
WHERE e.timestamp BETWEEN now() - INTERVAL 1 DAY AND now()
GROUP BY 1, 2
