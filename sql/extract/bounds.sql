-- Microseconds since 1970. Over the column as it is, so that an index on it answers.
SELECT floor(extract(epoch FROM min("time")::timestamptz) * 1000000)::bigint, floor(extract(epoch FROM max("time")::timestamptz) * 1000000)::bigint
FROM (
{query}
) source
