-- Where the source tells of items at all, one that it doesn't tell of is not available either.
SELECT EXISTS (SELECT FROM {schema}.item) AND NOT EXISTS (SELECT FROM {schema}.item WHERE item_id = @item::{item_id} AND available);
