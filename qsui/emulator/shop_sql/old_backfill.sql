INSERT INTO session_rollup
SELECT session_id, min(timestamp), count(*), count(DISTINCT web.webPageDetails.name)
FROM web_events
WHERE timestamp < now() - INTERVAL 30 DAY
GROUP BY session_id
