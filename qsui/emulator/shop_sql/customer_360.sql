$$ BEGIN
  DROP TABLE IF EXISTS customer_360_stage;

  CREATE TABLE customer_360_stage AS
  SELECT p.customer_id,
         p.person.firstName          AS first_name,
         p.homeAddress.postalCode    AS postal_code,
         p._acme.loyalty.tier        AS tier
  FROM profiles p;

  INSERT INTO prof_daily
  SELECT customer_id, tier, 0, 0
  FROM customer_360_stage;
END $$;
