INSERT INTO batchrec.evaluation (run_id, protocol, repeats, segment, model, metric, value, low, high, cases)
SELECT @run, * FROM unnest(@protocols, @repeats, @segments, @models, @metrics, @values, @lows, @highs, @cases);
