-- Items that came into more lists, or fell out of them, among the first ten of the same sample of users.
WITH sample AS (
  SELECT user_id, item_ids[1:10] AS items FROM {schema}.{table} TABLESAMPLE SYSTEM (@percent) REPEATABLE (1) WHERE variant = 'default' LIMIT @users
), both_runs AS (
  SELECT sample.items, before.item_ids[1:10] AS before_items
  FROM sample
  JOIN {schema}.{before} AS before ON before.user_id = sample.user_id AND before.variant = 'default'
), counted AS (
  SELECT item_id, sum(now)::bigint AS users, sum(earlier)::bigint AS users_before
  FROM (
    SELECT unnest(items) AS item_id, 1 AS now, 0 AS earlier FROM both_runs
    UNION ALL
    SELECT unnest(before_items), 0, 1 FROM both_runs
  ) AS entry
  GROUP BY item_id
), moved AS (
  (SELECT * FROM counted WHERE users > users_before ORDER BY users - users_before DESC, item_id LIMIT @items)
  UNION ALL
  (SELECT * FROM counted WHERE users < users_before ORDER BY users - users_before, item_id LIMIT @items)
)
SELECT moved.item_id::text AS ItemId, item.title, moved.users, moved.users_before AS UsersBefore
FROM moved
LEFT JOIN {schema}.item USING (item_id)
ORDER BY moved.users - moved.users_before DESC, moved.item_id;
