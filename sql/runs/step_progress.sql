UPDATE batchrec.run_step AS step
SET fraction = @fraction, message = @message, peak_memory_bytes = coalesce(@peakMemoryBytes, peak_memory_bytes), log_tail = coalesce(@logTail, log_tail)
FROM batchrec.run
WHERE run.run_id = step.run_id AND step.run_id = @run AND step.step = @step
  AND run.epoch = @epoch AND run.state IN ('queued', 'running') AND step.state = 'running';
