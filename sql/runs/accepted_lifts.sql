SELECT lift
FROM batchrec.run
WHERE pipeline = @pipeline AND state = 'published' AND withdrawn IS NULL AND lift IS NOT NULL
ORDER BY created DESC, run_id DESC
LIMIT @count;
