WITH run AS (
  UPDATE batchrec.run
  SET state = 'queued', finished = NULL, message = NULL, epoch = epoch + 1
  WHERE run_id = @run AND state <> 'published'
  RETURNING run_id
), steps AS (
  UPDATE batchrec.run_step AS step
  SET state = 'pending', started = NULL, finished = NULL, rows = NULL, bytes = NULL, fraction = NULL, message = NULL, log_tail = NULL,
      hangfire_job_id = NULL
  FROM run
  WHERE step.run_id = run.run_id AND step.step = ANY (@steps)
)
SELECT count(*) FROM run;
