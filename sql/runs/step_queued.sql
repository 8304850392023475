UPDATE batchrec.run_step AS step
SET state = 'queued', hangfire_job_id = @job, finished = NULL
FROM batchrec.run
WHERE run.run_id = step.run_id AND step.run_id = @run AND step.step = @step
  AND run.state IN ('queued', 'running') AND step.state IN ('pending', 'queued', 'running', 'failed');
