SELECT run_id AS RunId, step, state, attempt, hangfire_job_id AS HangfireJobId, started, finished, rows, bytes,
       peak_memory_bytes AS PeakMemoryBytes, fraction, message
FROM batchrec.run_step
WHERE run_id = ANY (@runs)
ORDER BY run_id, array_position(@steps, step);
