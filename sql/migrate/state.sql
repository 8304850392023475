SELECT current_setting('server_version_num')::int AS version, current_database()::text AS database, current_user::text AS role,
       to_regnamespace('batchrec') IS NOT NULL AS schema, to_regclass('batchrec.migration') IS NOT NULL AS ledger;
