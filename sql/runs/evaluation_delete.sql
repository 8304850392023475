DELETE FROM batchrec.evaluation WHERE run_id = @run;
