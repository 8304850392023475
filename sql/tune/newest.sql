SELECT tuning_id AS TuningId, pipeline, run_id AS RunId, search, created, finished, message
FROM batchrec.tuning
WHERE pipeline = @pipeline AND (@fingerprint::text IS NULL OR fingerprint = @fingerprint)
ORDER BY created DESC, tuning_id DESC
LIMIT 1;
