-- Inserts nothing where the night exists already or another run of the pipeline is active.
WITH run AS (
  INSERT INTO batchrec.run (run_id, pipeline, kind, as_of, scheduled_for, seed, options, code_version, created)
  VALUES (@run, @pipeline, @kind, @asOf, @scheduledFor, @seed, @options::jsonb, @codeVersion, @now)
  ON CONFLICT DO NOTHING
  RETURNING run_id
)
INSERT INTO batchrec.run_step (run_id, step)
SELECT run_id, step FROM run, unnest(@steps) AS step;
