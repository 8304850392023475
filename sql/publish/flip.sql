INSERT INTO batchrec.kept_publication (run_id, pipeline, table_name, published_at, watermark, users, rows)
SELECT run_id, pipeline, @table, @now, as_of, @users, @rows FROM batchrec.run WHERE run_id = @run;

INSERT INTO batchrec.publication_log (at, pipeline, action, run_id, from_run)
VALUES (@now, @pipeline, 'published', @run, (SELECT run_id FROM batchrec.publication WHERE pipeline = @pipeline AND variant = 'default'));

-- The flip. Whoever reads now, reads the old run; whoever reads after the commit, the new one.
INSERT INTO batchrec.publication (pipeline, run_id, live_since)
VALUES (@pipeline, @run, @now)
ON CONFLICT (pipeline, variant) DO UPDATE SET run_id = excluded.run_id, previous_run_id = publication.run_id, live_since = excluded.live_since;

UPDATE batchrec.run
SET state = 'published', started = coalesce(started, @now), finished = @now, message = @message, verdict = verdict || jsonb_build_object('rows', @verdict::jsonb)
WHERE run_id = @run;

UPDATE batchrec.run_step
SET state = 'done', started = coalesce(started, @now), finished = @now, fraction = 1, rows = @users, message = @message
WHERE run_id = @run AND step = 'publish';
