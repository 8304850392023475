-- :events events of 200,000 users in sixty days; half of all are of one item.
INSERT INTO shop.interaction (user_id, item_id, event_type, occurred_at)
SELECT shop.id(1 + floor(200000 * random())::bigint), shop.id(CASE n % 2 WHEN 0 THEN 1 ELSE 1 + floor(20000 * random() ^ 2)::bigint END), 'view',
  :'until'::timestamptz - random() * interval '60 days'
FROM generate_series(1, :events) AS n;
