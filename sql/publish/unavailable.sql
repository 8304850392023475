SELECT EXISTS (SELECT FROM {schema}.item WHERE item_id = @item::{item_id} AND NOT available);
