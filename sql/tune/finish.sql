UPDATE batchrec.tuning SET finished = @now, message = @message WHERE tuning_id = @tuning;
