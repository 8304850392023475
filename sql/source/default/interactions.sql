-- What BatchRec learns from: one row an interaction. Put your own query in the place of this one: any SELECT will do,
-- over tables, views or joins, that yields these columns by name:
--
--   user_id     bigint, uuid or text    (results keep the type)
--   item_id     bigint, uuid or text
--   event_type  text                    'view', 'cart', 'purchase', … whatever the shop calls them
--   time        timestamptz             or timestamp, which is read in Source:TimeZone
--   value       numeric or double       a quantity, a rating, a dwell time; NULL::float8 where there is none
--   position    bigint, optional        the order of rows that have the same time, such as a line number
--
-- @from (inclusive) and @until (exclusive) are timestamptz; a night asks for several ranges of whole days, so compare them
-- with a column that has an index.
SELECT user_id, item_id, event_type, occurred_at AS time, value, position
FROM shop.interaction
WHERE occurred_at >= @from AND occurred_at < @until
