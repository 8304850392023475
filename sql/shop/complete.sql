-- Items that the log names and the items' file lacks are known by their id alone.
INSERT INTO shop.item_incoming (item_id, available)
SELECT item_id, true
FROM (SELECT item_id FROM shop.interaction_incoming GROUP BY item_id) AS logged
WHERE NOT EXISTS (SELECT FROM shop.item_incoming AS known WHERE known.item_id = logged.item_id);

ALTER TABLE shop.item_incoming ADD CONSTRAINT item_incoming_pkey PRIMARY KEY (item_id);
CREATE INDEX interaction_incoming_occurred_at_idx ON shop.interaction_incoming (occurred_at);
ANALYZE shop.item_incoming;
ANALYZE shop.interaction_incoming;
