WITH run AS (
  SELECT run_id FROM batchrec.run WHERE run_id = @run AND epoch = @epoch AND state IN ('queued', 'running') FOR UPDATE
)
UPDATE batchrec.run_step AS step
SET state = 'running', attempt = attempt + 1, started = @now, finished = NULL, rows = NULL, bytes = NULL, peak_memory_bytes = NULL,
    fraction = 0, message = NULL, log_tail = NULL
FROM run
WHERE step.run_id = run.run_id AND step.step = @step;
