SELECT tuning_id FROM batchrec.tuning WHERE pipeline = @pipeline;
