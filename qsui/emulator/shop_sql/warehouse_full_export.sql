$$ BEGIN
  DROP TABLE IF EXISTS export_orders;
  CREATE TABLE export_orders AS
  SELECT o.*, s.city, s.lat, s.lon
  FROM orders o
  JOIN stores s ON s.store_id = o.store_id;

  DROP TABLE IF EXISTS export_profiles;
  CREATE TABLE export_profiles AS
  SELECT customer_id, person.birthYear AS birth_year, homeAddress.countryCode AS country
  FROM profiles;
END $$;
