SELECT at, action, run_id AS RunId, from_run AS FromRun, reasons::text AS Reasons
FROM batchrec.publication_log
WHERE pipeline = @pipeline AND action <> 'retired'
ORDER BY at DESC, entry DESC
LIMIT @count;
