-- The step that is running is the one that ended the run: a refusal is its result.
WITH run AS (
  UPDATE batchrec.run
  SET state = @state, started = coalesce(started, @now), finished = @now, message = @message, epoch = epoch + 1
  WHERE run_id = @run AND (@epoch::int IS NULL OR epoch = @epoch) AND state IN ('queued', 'running')
  RETURNING run_id
), steps AS (
  UPDATE batchrec.run_step AS step
  SET state = CASE WHEN @state = 'refused' AND step.state = 'running' THEN 'done'
                   WHEN @state IN ('refused', 'held') THEN 'skipped'
                   WHEN @state = 'failed' AND step.state = 'running' THEN 'failed'
                   ELSE 'cancelled' END,
      message = CASE WHEN step.state = 'running' THEN @message ELSE message END, finished = @now
  FROM run
  WHERE step.run_id = run.run_id AND step.state IN ('pending', 'queued', 'running')
)
SELECT count(*) FROM run;
