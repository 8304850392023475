-- Every column of every table and view that this role may read, whether it alone tells rows apart, and how many rows its table is thought to have.
SELECT c.table_schema AS Schema, c.table_name AS Table, c.column_name AS Name, c.data_type AS Type,
       EXISTS (
         SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = pg.oid AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = c.column_name
       ) AS IsKey,
       greatest(coalesce(pg.reltuples, 0), 0)::bigint AS Rows
FROM information_schema.columns AS c
LEFT JOIN pg_class AS pg ON pg.oid = to_regclass(format('%I.%I', c.table_schema, c.table_name))
WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema', 'hangfire', 'batchrec')
  AND has_table_privilege(format('%I.%I', c.table_schema, c.table_name), 'SELECT')
ORDER BY c.table_schema, c.table_name, c.ordinal_position;
