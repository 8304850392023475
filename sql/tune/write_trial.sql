INSERT INTO batchrec.tuning_trial (tuning_id, trial, options, state, rung, schedule, epochs, ndcg, curve, seconds, message)
VALUES (@tuning, @trial, @options::jsonb, @state, @rung, @schedule, cardinality(@curve), @ndcg, @curve, @seconds, @message)
ON CONFLICT (tuning_id, trial) DO UPDATE
SET state = excluded.state, rung = excluded.rung, epochs = excluded.epochs, ndcg = excluded.ndcg, curve = excluded.curve, seconds = excluded.seconds, message = excluded.message;
