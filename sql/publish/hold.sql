SELECT since, reason FROM batchrec.publication_hold WHERE pipeline = @pipeline;
