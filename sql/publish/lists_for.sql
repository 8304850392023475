SELECT list.rank, list.item_id::text AS ItemId, item.title, list.score, list.source, list.run_id AS RunId, list.generated_at AS GeneratedAt
FROM {schema}.recommend(@user::{user_id}, @count) AS list
LEFT JOIN {schema}.items AS item ON item.item_id = list.item_id
ORDER BY list.rank;
