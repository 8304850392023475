-- Searches over the options of training, and each training of one. The nights read nothing of it.
CREATE TABLE batchrec.tuning (
  tuning_id   text PRIMARY KEY CHECK (tuning_id ~ '^[0-9]{8}_[0-9]{6}_[0-9a-f]{4}$'),
  pipeline    text NOT NULL CHECK (pipeline ~ '^[a-z][a-z0-9_-]{0,39}$'),
  run_id      text NOT NULL REFERENCES batchrec.run ON DELETE CASCADE,
  search      text NOT NULL CHECK (search IN ('random', 'tpe', 'halving')),
  space       jsonb NOT NULL,
  fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  created     timestamptz NOT NULL,
  finished    timestamptz,
  message     text,
  CONSTRAINT tuning_finished CHECK ((finished IS NULL) = (message IS NULL))
);
COMMENT ON COLUMN batchrec.tuning.run_id IS 'The run whose prepared sequences are trained and validated on.';
COMMENT ON COLUMN batchrec.tuning.fingerprint IS 'SHA-256 of the options that decide which trials there are and how they do: under the same one a tuning is gone on with.';

CREATE INDEX tuning_newest ON batchrec.tuning (pipeline, created DESC, tuning_id DESC);

CREATE TABLE batchrec.tuning_trial (
  tuning_id text NOT NULL REFERENCES batchrec.tuning ON DELETE CASCADE,
  trial     integer NOT NULL CHECK (trial > 0),
  options   jsonb NOT NULL,
  state     text NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'done', 'failed')),
  rung      integer NOT NULL CHECK (rung >= 0),
  schedule  integer NOT NULL CHECK (schedule > 0),
  epochs    integer NOT NULL CHECK (epochs >= 0),
  ndcg      double precision,
  curve     double precision[] NOT NULL,
  seconds   double precision NOT NULL CHECK (seconds >= 0),
  message   text,
  PRIMARY KEY (tuning_id, trial),
  CONSTRAINT trial_curve CHECK (cardinality(curve) = epochs),
  CONSTRAINT trial_failed CHECK (state <> 'failed' OR message IS NOT NULL)
);
COMMENT ON COLUMN batchrec.tuning_trial.trial IS 'Counted from 1, which has the configured options.';
COMMENT ON COLUMN batchrec.tuning_trial.schedule IS 'Epochs that its learning rate is planned for; it may be stopped before.';
COMMENT ON COLUMN batchrec.tuning_trial.ndcg IS 'The best validation NDCG@10 of its epochs; curve: that of each epoch.';
