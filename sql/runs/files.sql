-- Those of the runs with files that this database knows, and whether the files are of no use any more: of runs that are published and not kept, or too old to be continued.
SELECT run_id AS RunId,
       run_id NOT IN (SELECT run_id FROM batchrec.kept_publication WHERE pipeline = @pipeline)
         AND (state = 'published' OR created < @continuedSince) AS Spent
FROM batchrec.run
WHERE pipeline = @pipeline AND run_id = ANY (@runs);
