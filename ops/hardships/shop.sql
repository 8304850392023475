-- An ordinary small shop: 2,000 users, 500 items, 60,000 events in the thirty days before :'until'. Ids are :id_type, as :id_of makes them of a number n.
CREATE SCHEMA shop;
CREATE FUNCTION shop.id(n bigint) RETURNS :id_type LANGUAGE sql IMMUTABLE RETURN :id_of;

CREATE UNLOGGED TABLE shop.interaction (
  user_id :id_type NOT NULL, item_id :id_type NOT NULL, event_type text NOT NULL, occurred_at timestamptz NOT NULL, value double precision, position bigint
);
CREATE UNLOGGED TABLE shop.item (item_id :id_type PRIMARY KEY, title text, category text, price numeric, available boolean NOT NULL);

SELECT setseed(0.5);
INSERT INTO shop.interaction (user_id, item_id, event_type, occurred_at)
SELECT shop.id(1 + n % 2000), shop.id(1 + floor(500 * random() ^ 2)::bigint), 'view', :'until'::timestamptz - random() * interval '30 days'
FROM generate_series(1, 60000) AS n;
