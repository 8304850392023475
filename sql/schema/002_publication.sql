-- What readers see: one pointer a pipeline and variant. Publishing and rolling back are an UPDATE of it.

-- Result tables are created from a template (sql/publish/results/), in a schema of its own a pipeline, with the source's own id types.
CREATE TABLE batchrec.result_schema (
  pipeline      text PRIMARY KEY,
  schema_name   text NOT NULL UNIQUE,
  user_id_type  text NOT NULL CHECK (user_id_type IN ('bigint', 'uuid', 'text')),
  item_id_type  text NOT NULL CHECK (item_id_type IN ('bigint', 'uuid', 'text')),
  template      text NOT NULL,
  max_age_hours integer NOT NULL CHECK (max_age_hours > 0)
);
COMMENT ON COLUMN batchrec.result_schema.template IS 'SHA-256 of the template that the views were made from: a program with another one makes them anew.';
COMMENT ON COLUMN batchrec.result_schema.max_age_hours IS 'An older publication is not healthy (publication_status).';

-- The runs whose tables are kept: those that the pointer can stand on.
CREATE TABLE batchrec.kept_publication (
  run_id       text NOT NULL REFERENCES batchrec.run,
  variant      text NOT NULL DEFAULT 'default',
  pipeline     text NOT NULL,
  table_name   text NOT NULL,
  published_at timestamptz NOT NULL,
  watermark    timestamptz NOT NULL,
  users        bigint NOT NULL CHECK (users >= 0),
  rows         bigint NOT NULL CHECK (rows >= 0),
  PRIMARY KEY (run_id, variant)
);
CREATE INDEX kept_publication_by_pipeline ON batchrec.kept_publication (pipeline, published_at);
COMMENT ON COLUMN batchrec.kept_publication.rows IS 'Items over all lists: one row of the view recommendations each.';
COMMENT ON COLUMN batchrec.kept_publication.watermark IS 'The log is read up to here; extraction goes on from here less its overlap.';

-- The pointer.
CREATE TABLE batchrec.publication (
  pipeline        text NOT NULL REFERENCES batchrec.result_schema,
  variant         text NOT NULL DEFAULT 'default',
  run_id          text NOT NULL,
  previous_run_id text,
  live_since      timestamptz NOT NULL,
  PRIMARY KEY (pipeline, variant),
  -- The tables of a live run, and of the one to go back to, can't be retired.
  FOREIGN KEY (run_id, variant) REFERENCES batchrec.kept_publication,
  FOREIGN KEY (previous_run_id, variant) REFERENCES batchrec.kept_publication
);

CREATE TABLE batchrec.publication_log (
  entry    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz NOT NULL,
  pipeline text NOT NULL,
  variant  text NOT NULL DEFAULT 'default',
  action   text NOT NULL CHECK (action IN ('published', 'rolled back', 'refused', 'retired')),
  run_id   text NOT NULL REFERENCES batchrec.run,
  from_run text,
  reasons  jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX publication_log_by_pipeline ON batchrec.publication_log (pipeline, at);
