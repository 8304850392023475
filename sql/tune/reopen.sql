UPDATE batchrec.tuning SET finished = NULL, message = NULL WHERE tuning_id = @tuning;
