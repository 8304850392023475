SELECT item_id::text AS ItemId, title
FROM {schema}.item
WHERE item_id = ANY (@items::{item_id}[]);
