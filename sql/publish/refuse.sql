UPDATE batchrec.run SET verdict = verdict || jsonb_build_object('rows', @verdict::jsonb) WHERE run_id = @run;

INSERT INTO batchrec.publication_log (at, pipeline, action, run_id, from_run, reasons)
VALUES (@now, @pipeline, 'refused', @run, (SELECT run_id FROM batchrec.publication WHERE pipeline = @pipeline AND variant = 'default'), @reasons::jsonb);
