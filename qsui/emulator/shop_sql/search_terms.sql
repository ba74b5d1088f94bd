SELECT web.webPageDetails.siteSection AS section,
       device.type                    AS device,
       count(*)                       AS searches
FROM web_events
WHERE web.webPageDetails.name = 'search'
  AND timestamp >= date_trunc('day', now()) - INTERVAL 1 DAY
GROUP BY ALL
