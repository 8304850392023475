INSERT INTO batchrec.tuning (tuning_id, pipeline, run_id, search, space, fingerprint, created)
VALUES (@tuning, @pipeline, @run, @search, @space::jsonb, @fingerprint, @now);
