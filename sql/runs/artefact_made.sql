INSERT INTO batchrec.artefact (run_id, artefact, manifest, rows, bytes)
VALUES (@run, @artefact, @manifest, @rows, @bytes)
ON CONFLICT (run_id, artefact) DO UPDATE SET manifest = excluded.manifest, rows = excluded.rows, bytes = excluded.bytes;
