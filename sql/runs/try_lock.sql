SELECT pg_try_advisory_lock(hashtextextended(@name, 0));
