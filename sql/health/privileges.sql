-- What a night needs of the control tables and its role doesn't have.
SELECT lacks
FROM (VALUES
  ('USAGE on schema batchrec', has_schema_privilege('batchrec', 'USAGE')),
  ('INSERT on batchrec.run', has_table_privilege('batchrec.run', 'INSERT')),
  ('UPDATE on batchrec.run', has_table_privilege('batchrec.run', 'UPDATE')),
  ('UPDATE on batchrec.run_step', has_table_privilege('batchrec.run_step', 'UPDATE')),
  ('UPDATE on batchrec.publication', has_table_privilege('batchrec.publication', 'UPDATE')),
  ('CREATE on the schema batchrec, for the result tables', has_schema_privilege('batchrec', 'CREATE'))
) AS needed (lacks, has)
WHERE NOT has;
