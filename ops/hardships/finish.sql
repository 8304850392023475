-- What a load is ended with: every item of the log, an index on the time, the planner's numbers.
INSERT INTO shop.item (item_id, available) SELECT DISTINCT item_id, true FROM shop.interaction ON CONFLICT DO NOTHING;
CREATE INDEX interaction_occurred_at_idx ON shop.interaction (occurred_at);
VACUUM (ANALYZE) shop.interaction;
