SELECT coalesce(bool_or(inherits.inhdetachpending), false)
FROM pg_inherits AS inherits
JOIN pg_class AS class ON class.oid = inherits.inhrelid
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE namespace.nspname = @schema AND class.relname = @table;
