-- The newest run, step by step.
SELECT step, state, round(extract(epoch FROM finished - started)::numeric, 1) AS seconds, round(peak_memory_bytes / 1048576.0) AS peak_mib, rows, message
FROM batchrec.run_step WHERE state IN ('done', 'failed') AND run_id = (SELECT run_id FROM batchrec.run ORDER BY created DESC LIMIT 1) ORDER BY started;
