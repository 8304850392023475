-- The first reason stands.
WITH held AS (
  INSERT INTO batchrec.publication_hold (pipeline, since, reason)
  VALUES (@pipeline, @now, @reason)
  ON CONFLICT (pipeline) DO NOTHING
  RETURNING pipeline, since, reason
)
INSERT INTO batchrec.publication_log (at, pipeline, action, reasons)
SELECT since, pipeline, 'held', jsonb_build_array(reason) FROM held;
