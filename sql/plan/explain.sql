EXPLAIN (FORMAT JSON) SELECT * FROM (
{query}
) source
