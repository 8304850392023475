-- Template: {schema}, {user_id} and {item_id} (types) are filled in once a pipeline.
-- One row a user, arrays in rank order: loads some 45 times faster than a row a rank. Read it through the views.
CREATE TABLE IF NOT EXISTS {schema}.recommendation (
  run_id       text NOT NULL,
  variant      text NOT NULL DEFAULT 'default',
  user_id      {user_id} NOT NULL,
  item_ids     {item_id}[] NOT NULL,
  scores       real[] NOT NULL,
  sources      text[] NOT NULL,
  generated_at timestamptz NOT NULL,
  CONSTRAINT lists_are_parallel CHECK (cardinality(item_ids) = cardinality(scores) AND cardinality(item_ids) = cardinality(sources))
) PARTITION BY LIST (run_id);

-- Items of the history that speak for the first items of the list: a row an item, filled up with nulls. Null in runs that were published before there was this column.
ALTER TABLE {schema}.recommendation ADD COLUMN IF NOT EXISTS because {item_id}[];

-- The list for users without a row.
CREATE TABLE IF NOT EXISTS {schema}.default_recommendation (
  run_id       text NOT NULL,
  variant      text NOT NULL DEFAULT 'default',
  item_ids     {item_id}[] NOT NULL,
  scores       real[] NOT NULL,
  sources      text[] NOT NULL,
  generated_at timestamptz NOT NULL,
  PRIMARY KEY (run_id, variant),
  CONSTRAINT lists_are_parallel CHECK (cardinality(item_ids) = cardinality(scores) AND cardinality(item_ids) = cardinality(sources))
);

-- What the source says about items, as of the last publication. A shop may set `available` between two nights.
CREATE TABLE IF NOT EXISTS {schema}.item (
  item_id   {item_id} PRIMARY KEY,
  title     text,
  category  text,
  available boolean NOT NULL
);
