-- How often each item stands among the first ten of a sample of users.
SELECT listed.item_id::text AS ItemId, item.title, listed.users
FROM (
  SELECT entry.item_id, count(*) AS users
  FROM (
    SELECT item_ids[1:10] AS items FROM {schema}.{table} TABLESAMPLE SYSTEM (@percent) REPEATABLE (1) WHERE variant = 'default' LIMIT @users
  ) AS list
  CROSS JOIN LATERAL unnest(list.items) AS entry (item_id)
  GROUP BY entry.item_id
) AS listed
LEFT JOIN {schema}.item USING (item_id)
ORDER BY listed.users DESC, listed.item_id;
