INSERT INTO session_rollup
SELECT session_id,
       min(timestamp)                           AS started,
       count(*)                                 AS events,
       count(DISTINCT web.webPageDetails.name)  AS pages
FROM web_events
WHERE timestamp BETWEEN now() - INTERVAL 3 HOUR AND now()
GROUP BY session_id
