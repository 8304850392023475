-- A reader that holds the old tables for long makes the load fail and the old tables stay, rather than stopping every other reader behind it.
SET LOCAL lock_timeout = '60s';

DROP TABLE IF EXISTS shop.interaction;
DROP TABLE IF EXISTS shop.item;

ALTER TABLE shop.interaction_incoming RENAME TO interaction;
ALTER TABLE shop.item_incoming RENAME TO item;
ALTER INDEX shop.interaction_incoming_occurred_at_idx RENAME TO interaction_occurred_at_idx;
ALTER INDEX shop.item_incoming_pkey RENAME TO item_pkey;
