INSERT INTO live_basket_pulse_out
SELECT date_trunc('minute', now())                                   AS minute,
       count(*) FILTER (eventType = 'commerce.productListAdds')      AS baskets,
       count(*) FILTER (eventType = 'commerce.checkouts')            AS checkouts,
       count(*) FILTER (eventType = 'commerce.checkouts')
         / nullif(count(*) FILTER (eventType = 'commerce.productListAdds'), 0)::DOUBLE AS ratio
FROM web_events
WHERE timestamp >= now() - INTERVAL 60 MINUTE
