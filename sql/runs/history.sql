SELECT run_id AS RunId, pipeline, kind, as_of AS AsOf, scheduled_for AS ScheduledFor, state, epoch, seed, options::text AS Options,
       code_version AS CodeVersion, created, started, finished, verdict::text AS Verdict, lift, withdrawn, message
FROM batchrec.run
WHERE pipeline = @pipeline AND (@before::text IS NULL OR run_id < @before)
ORDER BY created DESC, run_id DESC
LIMIT @count;
