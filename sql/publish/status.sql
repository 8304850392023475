SELECT live.run_id AS RunId, live.live_since AS LiveSince, kept.published_at AS PublishedAt, kept.watermark, kept.users, kept.rows,
       live.previous_run_id AS PreviousRunId, setting.schema_name AS Schema, setting.max_age_hours AS MaxAgeHours
FROM batchrec.publication AS live
JOIN batchrec.kept_publication AS kept USING (run_id, variant)
JOIN batchrec.result_schema AS setting ON setting.pipeline = live.pipeline
WHERE live.pipeline = @pipeline AND live.variant = 'default';
