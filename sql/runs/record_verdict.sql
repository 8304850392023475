UPDATE batchrec.run
SET verdict = verdict || jsonb_build_object(@part::text, @verdict::jsonb), lift = coalesce(@lift, lift)
WHERE run_id = @run AND epoch = @epoch AND state IN ('queued', 'running');
