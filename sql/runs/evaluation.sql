SELECT protocol, repeats, segment, model, metric, value, low, high, cases
FROM batchrec.evaluation
WHERE run_id = @run
ORDER BY protocol, repeats, segment, model, metric;
