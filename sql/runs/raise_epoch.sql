UPDATE batchrec.run
SET epoch = epoch + 1, state = 'running', started = coalesce(started, @now)
WHERE run_id = @run AND state IN ('queued', 'running')
RETURNING epoch;
