COPY (SELECT user_id::{user}, item_id::{item}, event_type::text, "time"::timestamptz, "value"::float8, {position}::bigint FROM (
{query}
) source) TO STDOUT (FORMAT binary)
