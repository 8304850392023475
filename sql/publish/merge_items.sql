-- An item that the source names no longer can't be recommended; its title stays, for lists that hold it.
UPDATE {schema}.item AS item
SET available = false
WHERE item.available AND NOT EXISTS (SELECT FROM {schema}.{items} AS fresh WHERE fresh.item_id = item.item_id);

INSERT INTO {schema}.item AS item (item_id, title, category, available)
SELECT item_id, title, category, available FROM {schema}.{items} ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE SET title = excluded.title, category = excluded.category, available = excluded.available
WHERE (item.title, item.category, item.available) IS DISTINCT FROM (excluded.title, excluded.category, excluded.available);

DROP TABLE {schema}.{items};
