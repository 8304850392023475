-- Sorted by user, then as they happened: the last rows of a user are his last events.
SELECT item, time, event, value FROM read_parquet({path}, file_row_number = true) WHERE "user" = {user} ORDER BY file_row_number DESC LIMIT {count}
