-- The source's `timestamp` columns are compared with timestamptz in this zone; a server's limits for web requests don't fit an extraction.
SELECT set_config('TimeZone', @zone, true),
       set_config('statement_timeout', '0', true),
       set_config('idle_in_transaction_session_timeout', '0', true)
