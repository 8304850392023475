SELECT step, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM step.finished - step.started)) AS seconds,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY step.rows) AS rows
FROM batchrec.run_step AS step
-- A step that took an earlier run's artefact over says nothing about how long making one takes.
WHERE step.state = 'done' AND coalesce(step.message, '') NOT LIKE 'As in run %' AND step.run_id IN (
  SELECT run_id FROM batchrec.run WHERE pipeline = @pipeline AND state = 'published' ORDER BY created DESC, run_id DESC LIMIT @count
)
GROUP BY step;
