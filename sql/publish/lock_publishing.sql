-- A flip, a rollback and a hold of one pipeline come one after the other: what is held can't go live a moment later.
SELECT pg_advisory_xact_lock(hashtextextended('batchrec.publication/' || @pipeline, 0));
