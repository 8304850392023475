-- One user with :events events over 900 days, among 10,000 items.
INSERT INTO shop.interaction (user_id, item_id, event_type, occurred_at)
SELECT shop.id(1), shop.id(1 + floor(10000 * random() ^ 2)::bigint), 'view', :'until'::timestamptz - n * (interval '900 days' / :events)
FROM generate_series(1, :events) AS n;
