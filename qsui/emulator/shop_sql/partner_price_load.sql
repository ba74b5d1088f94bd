$$ BEGIN
  -- take the next delivery, so that a bad one is not read again
  INSERT INTO partner_price_log
  SELECT (SELECT (coalesce(max(batch_no), -1) + 1)::BIGINT FROM partner_price_log), now();

  INSERT INTO partner_price_clean
  SELECT sku,
         CAST(price_text AS DECIMAL(10, 2)) AS price,
         batch_no
  FROM partner_prices
  WHERE batch_no = (SELECT max(batch_no) % 28 FROM partner_price_log)
    AND sku LIKE 'P%';
END $$;
