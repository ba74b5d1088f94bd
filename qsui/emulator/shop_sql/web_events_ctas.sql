$$ BEGIN
  DROP TABLE IF EXISTS web_events_flat;
  CREATE TABLE web_events_flat
    WITH (schema = 'acme_web_events_flat', rowvalidation = 'false') AS
  SELECT _id,
         timestamp,
         eventType,
         session_id,
         _acme.crmId                  AS customer_id,
         web.webPageDetails.name      AS page,
         web.webReferrer.type         AS referrer,
         device.type                  AS device
  FROM web_events
  WHERE timestamp >= now() - INTERVAL 26 HOUR;
END $$;
