-- Result tables are made by one program at a time. A new release replaces the views: should a long reader be in the way, other readers must
-- not queue up behind us.
SELECT set_config('lock_timeout', @lockTimeout, true), pg_advisory_xact_lock(hashtextextended('batchrec.result_schema', 0));
