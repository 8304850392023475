-- :events events of 200,000 users and 50,000 items in sixty days.
INSERT INTO shop.interaction (user_id, item_id, event_type, occurred_at)
SELECT shop.id(1 + floor(200000 * random())::bigint), shop.id(1 + floor(50000 * random() ^ 2)::bigint), 'view', :'until'::timestamptz - random() * interval '60 days'
FROM generate_series(1, :events) AS n;
