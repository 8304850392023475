-- Result tables are made by one program at a time.
SELECT pg_advisory_xact_lock(hashtextextended('batchrec.result_schema', 0));
