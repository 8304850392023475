-- The truth about runs: Hangfire only drives them.

CREATE TABLE batchrec.run (
  run_id        text PRIMARY KEY CHECK (run_id ~ '^[0-9]{8}_[0-9]{6}_[0-9a-f]{4}$'),
  pipeline      text NOT NULL CHECK (pipeline ~ '^[a-z][a-z0-9_-]{0,39}$'),
  kind          text NOT NULL CHECK (kind IN ('full', 'delta')),
  as_of         timestamptz NOT NULL,
  scheduled_for timestamptz,
  state         text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'refused', 'failed', 'cancelled', 'published')),
  epoch         integer NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  seed          bigint NOT NULL,
  options       jsonb NOT NULL,
  code_version  text NOT NULL,
  created       timestamptz NOT NULL,
  started       timestamptz,
  finished      timestamptz,
  verdict       jsonb NOT NULL DEFAULT '{}',
  lift          double precision,
  withdrawn     timestamptz,
  message       text,
  -- A night that fires twice is one run; manual runs have no scheduled_for, and nulls are distinct.
  CONSTRAINT run_once_a_night UNIQUE (pipeline, scheduled_for),
  CONSTRAINT run_finished CHECK ((state IN ('queued', 'running')) = (finished IS NULL)),
  CONSTRAINT run_started CHECK (state NOT IN ('running', 'published') OR started IS NOT NULL),
  CONSTRAINT run_withdrawn CHECK (withdrawn IS NULL OR state = 'published')
);
COMMENT ON COLUMN batchrec.run.epoch IS 'Raised by every start or restart of a step; a process with an older one can change nothing any more (fencing).';
COMMENT ON COLUMN batchrec.run.lift IS 'NDCG@10 of the holdout model over that of the best baseline; the gate looks at its median over the last accepted runs.';
COMMENT ON COLUMN batchrec.run.withdrawn IS 'When a rollback took this publication back; such a run is no reference for a later one.';

CREATE UNIQUE INDEX run_one_active ON batchrec.run (pipeline) WHERE state IN ('queued', 'running');

CREATE TABLE batchrec.run_step (
  run_id            text NOT NULL REFERENCES batchrec.run ON DELETE CASCADE,
  step              text NOT NULL CHECK (step IN ('extract', 'prepare', 'train', 'evaluate', 'gate', 'refit', 'recommend', 'publish')),
  state             text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'queued', 'running', 'done', 'failed', 'cancelled', 'skipped')),
  attempt           integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  hangfire_job_id   text,
  started           timestamptz,
  finished          timestamptz,
  rows              bigint,
  bytes             bigint,
  peak_memory_bytes bigint,
  fraction          real CHECK (fraction BETWEEN 0 AND 1),
  message           text,
  log_tail          text,
  PRIMARY KEY (run_id, step),
  CONSTRAINT step_finished CHECK ((state IN ('done', 'failed', 'cancelled', 'skipped')) = (finished IS NOT NULL)),
  CONSTRAINT step_started CHECK (state NOT IN ('running', 'done') OR started IS NOT NULL)
);
COMMENT ON COLUMN batchrec.run_step.attempt IS 'How often the step has started, over all epochs of the run.';

CREATE TABLE batchrec.artefact (
  run_id   text NOT NULL REFERENCES batchrec.run ON DELETE CASCADE,
  artefact text NOT NULL,
  manifest text NOT NULL CHECK (manifest ~ '^[0-9a-f]{64}$'),
  rows     bigint NOT NULL CHECK (rows >= 0),
  bytes    bigint NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (run_id, artefact)
);
COMMENT ON COLUMN batchrec.artefact.manifest IS 'SHA-256 of manifest.json; the files stand below the artefact folder.';

CREATE TABLE batchrec.evaluation (
  run_id   text NOT NULL REFERENCES batchrec.run ON DELETE CASCADE,
  protocol text NOT NULL,
  repeats  text NOT NULL CHECK (repeats IN ('kept', 'filtered', 'served')),
  segment  text NOT NULL DEFAULT 'all',
  model    text NOT NULL,
  metric   text NOT NULL,
  value    double precision NOT NULL,
  low      double precision,
  high     double precision,
  cases    bigint NOT NULL CHECK (cases >= 0),
  PRIMARY KEY (run_id, protocol, repeats, segment, model, metric)
);
COMMENT ON COLUMN batchrec.evaluation.repeats IS 'Items that the user has had before: kept, filtered from lists and answers, or as the pipeline serves them.';
COMMENT ON COLUMN batchrec.evaluation.low IS 'Lower end of the 95 % bootstrap interval over users.';
COMMENT ON COLUMN batchrec.evaluation.value IS 'NaN where there was no case to judge.';
