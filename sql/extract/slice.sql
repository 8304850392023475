COPY (
-- COPY takes no parameters. The outer condition holds for queries too that include their upper bound.
SELECT {columns} FROM (
{query}
) source WHERE "time"::timestamptz >= {from} AND "time"::timestamptz < {until}) TO STDOUT (FORMAT binary)
