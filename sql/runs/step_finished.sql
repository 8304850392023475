-- FOR UPDATE: a cancel or a takeover that comes now waits, and finds the step finished.
WITH run AS (
  -- The publish transaction ends the run itself: what the step has to say comes after it.
  SELECT run_id FROM batchrec.run
  WHERE run_id = @run AND epoch = @epoch AND (state IN ('queued', 'running') OR state = 'published' AND @step = 'publish')
  FOR UPDATE
)
UPDATE batchrec.run_step AS step
SET state = @state, started = coalesce(started, @now), finished = @now, fraction = CASE WHEN @state = 'done' THEN 1 ELSE fraction END,
    rows = @rows, bytes = @bytes, peak_memory_bytes = coalesce(@peakMemoryBytes, peak_memory_bytes), message = @message, log_tail = @logTail
FROM run
WHERE step.run_id = run.run_id AND step.step = @step;
