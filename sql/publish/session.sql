-- Bulk work has its own limits: the role's defaults are made for short statements. A lock that isn't there soon is asked for again, so
-- that nobody queues up behind us.
SELECT set_config('statement_timeout', @statementTimeout, false), set_config('lock_timeout', @lockTimeout, false),
       set_config('idle_in_transaction_session_timeout', '0', false);
