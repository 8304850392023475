SELECT live.run_id AS RunId, kept.users, kept.rows
FROM batchrec.publication AS live
JOIN batchrec.kept_publication AS kept USING (run_id, variant)
WHERE live.pipeline = @pipeline AND live.variant = 'default';
