INSERT INTO batchrec.publication_log (at, pipeline, action, run_id, reasons) VALUES (@now, @pipeline, 'stopped', @run, jsonb_build_array(@reason::text));
