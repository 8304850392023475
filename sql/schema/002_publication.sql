-- What readers see: one pointer a pipeline and variant. Publishing and rolling back are an UPDATE of it.

-- Result tables are created from a template with the source's own id types, in a schema of their own a pipeline.
CREATE TABLE batchrec.result_schema (
  pipeline     text PRIMARY KEY,
  schema_name  text NOT NULL UNIQUE,
  user_id_type text NOT NULL CHECK (user_id_type IN ('bigint', 'uuid', 'text')),
  item_id_type text NOT NULL CHECK (item_id_type IN ('bigint', 'uuid', 'text')),
  created      timestamptz NOT NULL
);

CREATE TABLE batchrec.publication (
  pipeline        text NOT NULL,
  variant         text NOT NULL DEFAULT 'default',
  run_id          text NOT NULL REFERENCES batchrec.run,
  previous_run_id text REFERENCES batchrec.run,
  published_at    timestamptz NOT NULL,
  watermark       timestamptz NOT NULL,
  users           bigint NOT NULL CHECK (users >= 0),
  rows            bigint NOT NULL CHECK (rows >= 0),
  PRIMARY KEY (pipeline, variant)
);
COMMENT ON COLUMN batchrec.publication.watermark IS 'The log is read up to here; extraction goes on from here less its overlap.';
COMMENT ON COLUMN batchrec.publication.rows IS 'Items over all lists: one row of the view recommendations each.';

-- One row a publication whose tables are kept, with what the pointer needs to go back to it.
CREATE TABLE batchrec.kept_publication (
  run_id       text NOT NULL REFERENCES batchrec.run,
  pipeline     text NOT NULL,
  variant      text NOT NULL DEFAULT 'default',
  published_at timestamptz NOT NULL,
  users        bigint NOT NULL CHECK (users >= 0),
  rows         bigint NOT NULL CHECK (rows >= 0),
  PRIMARY KEY (run_id, variant)
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
