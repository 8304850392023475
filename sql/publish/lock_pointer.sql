SELECT run_id FROM batchrec.publication WHERE pipeline = @pipeline AND variant = 'default' FOR UPDATE;
