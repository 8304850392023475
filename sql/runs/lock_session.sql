-- A worker whose machine has vanished sends no goodbye: without these the server keeps its session, and the lock, for two hours.
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SET idle_session_timeout = 0;
