-- How a model learnt: a point an epoch. Artefacts are collected after some nights; curves are kept as long as their run.
CREATE TABLE batchrec.learning_curve (
  run_id        text NOT NULL REFERENCES batchrec.run ON DELETE CASCADE,
  artefact      text NOT NULL,
  epoch         integer NOT NULL CHECK (epoch > 0),
  loss          double precision NOT NULL,
  ndcg          double precision,
  averaged_ndcg double precision,
  seconds       double precision NOT NULL,
  PRIMARY KEY (run_id, artefact, epoch)
);
COMMENT ON COLUMN batchrec.learning_curve.artefact IS 'holdout-model or model (the refit, which has nothing to validate on).';
COMMENT ON COLUMN batchrec.learning_curve.ndcg IS 'Validation NDCG@10 of the weights; averaged_ndcg: of their exponential average.';
