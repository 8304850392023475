-- Tables that nobody can read any more: of retired runs, and of attempts that never got to publish. An active run may still need its own;
-- of its own run, an attempt clears away what it and earlier ones have left.
SELECT class.relname AS Table, inherits.inhrelid IS NOT NULL AS attached, coalesce(inherits.inhdetachpending, false) AS DetachPending
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
LEFT JOIN pg_inherits AS inherits ON inherits.inhrelid = class.oid
WHERE namespace.nspname = @schema AND class.relkind = 'r'
  AND class.relname ~ '^(recommendation|item)_[0-9]{8}_[0-9]{6}_[0-9a-f]{4}_[0-9]+$'
  AND NOT EXISTS (SELECT FROM batchrec.kept_publication AS kept WHERE kept.pipeline = @pipeline AND kept.table_name = class.relname)
  AND NOT EXISTS (
    SELECT FROM batchrec.run
    WHERE run.pipeline = @pipeline AND run.state IN ('queued', 'running') AND class.relname LIKE '%\_' || run.run_id || '\_%'
      AND (run.run_id <> @run OR substring(class.relname FROM '[0-9]+$')::integer > @epoch))
ORDER BY class.relname;
