SELECT run_id FROM batchrec.kept_publication WHERE pipeline = @pipeline
UNION
SELECT run_id FROM batchrec.run WHERE pipeline = @pipeline AND state <> 'published' AND created >= @continuedSince;
