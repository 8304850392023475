-- The log's total order, the same on every extraction; exact duplicates collapse.
(SELECT DISTINCT * FROM slice WHERE "time" >= {from} AND "time" < {until}
 ORDER BY user_id, "time", "position" NULLS FIRST, item_id, event_type, "value" NULLS FIRST)
