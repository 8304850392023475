SELECT * FROM (
{query}
) source LIMIT 0
