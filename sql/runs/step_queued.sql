-- The job may have begun before we come to note it: then the step runs already.
UPDATE batchrec.run_step AS step
SET state = CASE WHEN step.state = 'running' AND step.hangfire_job_id = @job THEN 'running' ELSE 'queued' END, hangfire_job_id = @job, finished = NULL
FROM batchrec.run
WHERE run.run_id = step.run_id AND step.run_id = @run AND step.step = @step
  AND run.state IN ('queued', 'running') AND step.state IN ('pending', 'queued', 'running', 'failed');
