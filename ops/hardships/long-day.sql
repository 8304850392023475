-- :events events of 200,000 users within one day, three weeks ago.
INSERT INTO shop.interaction (user_id, item_id, event_type, occurred_at)
SELECT shop.id(1 + floor(200000 * random())::bigint), shop.id(1 + floor(20000 * random() ^ 2)::bigint), 'view',
  :'until'::timestamptz - interval '21 days' + random() * interval '24 hours'
FROM generate_series(1, :events) AS n;
