$$ BEGIN
  DROP TABLE IF EXISTS store_revenue;
  CREATE TABLE store_revenue AS
  SELECT s.city,
         CAST(o.ordered_at AS DATE) AS day,
         count(*)                   AS orders,
         sum(o.total)               AS revenue
  FROM orders o
  JOIN stores s ON s.store_id = o.store_id
  WHERE o.ordered_at <= now()
  GROUP BY ALL;
END $$;
