SELECT
  (SELECT count(*) FROM shop.interaction_incoming) AS rows,
  (SELECT count(*) FROM (SELECT FROM shop.interaction_incoming GROUP BY user_id) AS users) AS users,
  (SELECT count(*) FROM (SELECT FROM shop.interaction_incoming GROUP BY item_id) AS items) AS items,
  (SELECT min(occurred_at) FROM shop.interaction_incoming) AS first,
  (SELECT max(occurred_at) FROM shop.interaction_incoming) AS last;
