SELECT customer_id, person.firstName AS first_name, personalEmail.address AS email
FROM profiles
WHERE _acme.loyalty.tier = 'gold'
  AND person.birthYear % 12 = extract(month FROM now()) % 12
