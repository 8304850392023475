SELECT run_id AS RunId, model, value, low, high
FROM batchrec.evaluation
WHERE run_id = ANY (@runs) AND protocol = @protocol AND repeats = @repeats AND segment = 'all' AND metric = @metric;
