-- By way of JSON, so that views of an earlier release, which have no column because, are read too.
SELECT list.rank, list.item_id::text AS ItemId, item.title, list.score, list.source, list.run_id AS RunId, list.generated_at AS GeneratedAt,
       ARRAY(SELECT jsonb_array_elements_text(to_jsonb(own) -> 'because')) AS Because
FROM {schema}.recommend(@user::{user_id}, @count) AS list
LEFT JOIN {schema}.items AS item ON item.item_id = list.item_id
LEFT JOIN {schema}.recommendations AS own ON own.user_id = @user::{user_id} AND own.item_id = list.item_id
ORDER BY list.rank;
