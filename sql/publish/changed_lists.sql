-- Of a sample of users, those whose first ten items are others than before, and how many of the ten are the same.
WITH sample AS (
  SELECT user_id, item_ids[1:10] AS items FROM {schema}.{table} TABLESAMPLE SYSTEM (@percent) REPEATABLE (1) WHERE variant = 'default' LIMIT @users
)
SELECT count(*) AS users, count(*) FILTER (WHERE sample.items <> before.item_ids[1:10]) AS changed,
       avg((SELECT count(*) FROM unnest(sample.items) AS item WHERE item = ANY (before.item_ids[1:10]))::double precision / nullif(cardinality(sample.items), 0)) AS overlap
FROM sample
JOIN {schema}.{before} AS before ON before.user_id = sample.user_id AND before.variant = 'default';
