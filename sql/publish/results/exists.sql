SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = @schema) AS schema,
       EXISTS (SELECT FROM pg_roles WHERE rolname = @reader) AS reader,
       (SELECT pipeline FROM batchrec.result_schema WHERE schema_name = @schema) AS owner,
       current_user::text AS role, current_database()::text AS database;
