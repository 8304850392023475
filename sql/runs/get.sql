SELECT run_id AS RunId, pipeline, kind, as_of AS AsOf, scheduled_for AS ScheduledFor, state, epoch, seed, options::text AS Options,
       code_version AS CodeVersion, created, started, finished, verdict::text AS Verdict, lift, withdrawn, message
FROM batchrec.run
WHERE run_id = @run;
