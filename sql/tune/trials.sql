SELECT trial, options::text AS Options, state, rung, schedule, curve, seconds, message
FROM batchrec.tuning_trial
WHERE tuning_id = @tuning
ORDER BY trial;
