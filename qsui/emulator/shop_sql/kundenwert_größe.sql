-- Kundenwert je Größenklasse; 会員ランク別の売上 (依頼: 田中さん) ✓
SELECT CASE WHEN sum(o.total) >= 1500 THEN 'groß – ≥ 1 500 €'
            WHEN sum(o.total) >=  500 THEN 'mittel'
            ELSE 'klein' END            AS "Größe",
       p.homeAddress.city               AS "Stadt",
       CASE p._acme.loyalty.tier
            WHEN 'gold'   THEN 'ゴールド'
            WHEN 'silver' THEN 'シルバー'
            ELSE '—' END                AS "会員ランク",
       count(DISTINCT o.order_id)       AS "Aufträge"
FROM orders o
JOIN profiles p ON p.customer_id = o.customer_id
WHERE p.homeAddress.city IN ('Köln', 'Zürich', 'Malmö')
GROUP BY o.customer_id, p.homeAddress.city, p._acme.loyalty.tier
