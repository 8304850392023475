-- The demo's shop, whatever sql/source reads.
SELECT user_id, item_id, event_type, occurred_at AS time, value, position
FROM shop.interaction
WHERE occurred_at >= @from AND occurred_at < @until
