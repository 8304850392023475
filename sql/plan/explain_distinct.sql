EXPLAIN (FORMAT JSON) SELECT {column} FROM (
{query}
) source GROUP BY {column}
