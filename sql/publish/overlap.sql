-- How much of a user's first ten is still there, over a sample of the users that both have.
WITH sample AS (
  SELECT user_id, item_ids[1:10] AS items FROM {schema}.{table} TABLESAMPLE BERNOULLI (@percent) REPEATABLE (1)
), pair AS (
  SELECT sample.items, live.item_ids[1:10] AS live_items
  FROM sample
  JOIN {schema}.recommendation AS live ON live.user_id = sample.user_id
  WHERE live.run_id = @live AND live.variant = 'default'
)
SELECT count(*) AS users,
       avg((SELECT count(*) FROM unnest(items) AS item WHERE item = ANY (live_items))::double precision
           / nullif(greatest(cardinality(items), cardinality(live_items)), 0)) AS overlap
FROM pair;
