-- Proposed from {name}; yours to change: any SELECT will do, over tables, views or joins, that yields these columns by name:
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
SELECT {user} AS user_id, {item} AS item_id, {event} AS event_type,
       {time} AS time, {value}::float8 AS value{position}
FROM {table}
WHERE {column} >= @from AND {column} < @until
