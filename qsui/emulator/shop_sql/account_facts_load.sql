INSERT INTO account_facts
SELECT a.customer_id,
       a.account_no,
       CAST(a.opened_on AS DATE) AS opened
FROM crm_accounts_v2 a
JOIN profiles p ON p.customer_id = a.customer_id
WHERE a.acquired_by IN ('web', 'store')
