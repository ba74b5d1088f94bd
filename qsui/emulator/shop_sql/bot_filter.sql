SELECT session_id, count(*) AS hits, count(DISTINCT client_ip) AS addresses
FROM web_events
WHERE timestamp BETWEEN now() - INTERVAL 7 DAY AND now()
GROUP BY session_id
HAVING count(*) >= 2
ORDER BY hits DESC
LIMIT 1000
