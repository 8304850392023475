-- Two programs that start at once migrate one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('batchrec.migration', 0));
