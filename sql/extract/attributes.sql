COPY (SELECT {columns} FROM (
{query}
) source) TO STDOUT (FORMAT binary)
