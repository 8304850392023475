-- Template: the contract with readers. Version 1.

-- The subquery is evaluated once, at execution, and prunes all partitions but the live one.
CREATE OR REPLACE VIEW {schema}.recommendations_by_user AS
SELECT user_id, item_ids, scores, sources, run_id, generated_at, because
FROM {schema}.recommendation
WHERE variant = 'default'
  AND run_id = (SELECT run_id FROM batchrec.publication WHERE pipeline = {pipeline} AND variant = 'default');

CREATE OR REPLACE VIEW {schema}.recommendations AS
SELECT list.user_id, entry.rank::integer AS rank, entry.item_id, entry.score, entry.source, list.run_id, list.generated_at,
       ARRAY(SELECT item FROM unnest(list.because[entry.rank::integer:entry.rank::integer]) AS item WHERE item IS NOT NULL) AS because
FROM {schema}.recommendations_by_user AS list
CROSS JOIN LATERAL unnest(list.item_ids, list.scores, list.sources) WITH ORDINALITY AS entry (item_id, score, source, rank);

CREATE OR REPLACE VIEW {schema}.default_recommendations AS
SELECT entry.rank::integer AS rank, entry.item_id, entry.score, entry.source, list.run_id, list.generated_at
FROM {schema}.default_recommendation AS list
CROSS JOIN LATERAL unnest(list.item_ids, list.scores, list.sources) WITH ORDINALITY AS entry (item_id, score, source, rank)
WHERE list.variant = 'default'
  AND list.run_id = (SELECT run_id FROM batchrec.publication WHERE pipeline = {pipeline} AND variant = 'default');

CREATE OR REPLACE VIEW {schema}.items AS
SELECT item_id, title, category, available
FROM {schema}.item;

-- The user's items, else the default list's, without what is not available now.
CREATE OR REPLACE FUNCTION {schema}.recommend(user_id {user_id}, n integer DEFAULT 10)
RETURNS TABLE (rank integer, item_id {item_id}, score real, source text, run_id text, generated_at timestamptz)
LANGUAGE sql STABLE
AS $body$
  SELECT (row_number() OVER (ORDER BY entry.rank))::integer, entry.item_id, entry.score, entry.source, entry.run_id, entry.generated_at
  FROM (
    SELECT own.rank, own.item_id, own.score, own.source, own.run_id, own.generated_at
    FROM {schema}.recommendations AS own
    WHERE own.user_id = recommend.user_id
    UNION ALL
    SELECT other.rank, other.item_id, other.score, other.source, other.run_id, other.generated_at
    FROM {schema}.default_recommendations AS other
    WHERE NOT EXISTS (SELECT FROM {schema}.recommendations_by_user AS own WHERE own.user_id = recommend.user_id)
  ) AS entry
  WHERE NOT EXISTS (SELECT FROM {schema}.items WHERE items.item_id = entry.item_id AND NOT items.available)
  ORDER BY entry.rank
  LIMIT recommend.n;
$body$;

CREATE OR REPLACE VIEW {schema}.publication_status AS
SELECT live.pipeline, live.run_id, live.live_since, kept.published_at, now() - kept.published_at AS age,
       kept.users, kept.rows, live.previous_run_id, kept.watermark,
       now() - kept.published_at <= make_interval(hours => setting.max_age_hours) AS healthy,
       newest.run_id AS newest_run_id, newest.state AS newest_state, newest.message AS newest_message
FROM batchrec.publication AS live
JOIN batchrec.kept_publication AS kept USING (run_id, variant)
JOIN batchrec.result_schema AS setting ON setting.pipeline = live.pipeline
CROSS JOIN LATERAL (
  SELECT run_id, state, message FROM batchrec.run WHERE run.pipeline = live.pipeline ORDER BY created DESC, run_id DESC LIMIT 1
) AS newest
WHERE live.pipeline = {pipeline} AND live.variant = 'default';

REVOKE ALL ON FUNCTION {schema}.recommend({user_id}, integer) FROM PUBLIC;
