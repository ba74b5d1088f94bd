INSERT INTO consent_out
SELECT customer_id, 'email' AS channel, consents.marketing.email.val = 'y' AS allowed, changed_at
FROM consents
WHERE changed_at >= now() - INTERVAL 1 DAY
UNION ALL
SELECT customer_id, 'sms', consents.marketing.sms.val = 'y', changed_at
FROM consents
WHERE changed_at >= now() - INTERVAL 1 DAY
