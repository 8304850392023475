SELECT run_id AS RunId, step, state, attempt, hangfire_job_id AS HangfireJobId, started, finished, rows, bytes,
       peak_memory_bytes AS PeakMemoryBytes, fraction, message, log_tail AS LogTail
FROM batchrec.run_step
WHERE run_id = @run
ORDER BY array_position(@steps, step);
