-- Beyond the newest @keep, and whatever a rollback has withdrawn; never what the pointer stands on or can go back to.
WITH newest AS (
  SELECT kept.run_id, row_number() OVER (ORDER BY kept.published_at DESC, kept.run_id DESC) AS age
  FROM batchrec.kept_publication AS kept
  JOIN batchrec.run USING (run_id)
  WHERE kept.pipeline = @pipeline AND run.withdrawn IS NULL
), retired AS (
  DELETE FROM batchrec.kept_publication AS kept
  WHERE kept.pipeline = @pipeline
    AND NOT EXISTS (SELECT FROM newest WHERE newest.run_id = kept.run_id AND newest.age <= @keep)
    AND NOT EXISTS (SELECT FROM batchrec.publication AS live WHERE live.pipeline = @pipeline AND kept.run_id IN (live.run_id, live.previous_run_id))
  RETURNING run_id
)
INSERT INTO batchrec.publication_log (at, pipeline, action, run_id)
SELECT @now, @pipeline, 'retired', run_id FROM retired;
