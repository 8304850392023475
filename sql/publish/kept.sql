SELECT kept.run_id AS RunId, kept.table_name AS TableName, kept.published_at AS PublishedAt, kept.users, kept.rows, run.withdrawn IS NOT NULL AS withdrawn
FROM batchrec.kept_publication AS kept
JOIN batchrec.run USING (run_id)
WHERE kept.pipeline = @pipeline AND kept.variant = 'default'
ORDER BY kept.published_at DESC, kept.run_id DESC;
