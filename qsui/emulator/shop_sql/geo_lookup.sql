INSERT INTO geo_daily
SELECT p.homeAddress.countryCode    AS country,
       CAST(e.timestamp AS DATE)    AS day,
       count(DISTINCT e.session_id) AS sessions,
       count(*)                     AS events
FROM web_events e
JOIN profiles p ON p.customer_id = e._acme.crmId
WHERE e.timestamp BETWEEN now() - INTERVAL 1 DAY AND now()
GROUP BY 1, 2
