EXPLAIN (FORMAT json) SELECT * FROM (
{query}
) source
