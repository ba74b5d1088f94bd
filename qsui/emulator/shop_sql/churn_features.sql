INSERT INTO rfm_scores
SELECT e._acme.crmId                                        AS customer_id,
       date_diff('day', max(e.timestamp), now())::INTEGER   AS recency,
       count(DISTINCT e.session_id)::INTEGER                AS frequency,
       count(*) FILTER (e.eventType = 'commerce.purchases')::INTEGER AS monetary
FROM web_events e
GROUP BY e._acme.crmId
