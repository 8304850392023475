UPDATE batchrec.run AS run
SET withdrawn = @now
FROM batchrec.run AS target
WHERE target.run_id = @target AND run.pipeline = target.pipeline AND run.state = 'published' AND run.finished > target.finished AND run.withdrawn IS NULL;

UPDATE batchrec.run SET withdrawn = NULL WHERE run_id = @target;

UPDATE batchrec.publication
SET run_id = @target, previous_run_id = @previous, live_since = @now
WHERE pipeline = @pipeline AND variant = 'default';

INSERT INTO batchrec.publication_log (at, pipeline, action, run_id, from_run)
VALUES (@now, @pipeline, 'rolled back', @target, @live);
