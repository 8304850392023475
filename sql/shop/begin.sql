-- The tables of a shop that is being loaded; one transaction, so that nobody sees them before shop/swap.sql.
-- {user_id} and {item_id} are bigint, uuid or text, as the data needs.
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
-- A second load waits here until the first one has swapped its tables in.
SELECT pg_advisory_xact_lock(hashtextextended('batchrec shop load', 0));

CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE shop.interaction_incoming (
  user_id {user_id} NOT NULL,
  item_id {item_id} NOT NULL,
  event_type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  value double precision,
  -- Orders events of one user that share a time; null where their order means nothing.
  position bigint
);

CREATE TABLE shop.item_incoming (
  item_id {item_id} NOT NULL,
  title text,
  category text,
  price numeric,
  available boolean NOT NULL
);
