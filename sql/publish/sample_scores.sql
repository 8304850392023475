-- SYSTEM reads whole blocks, and so next to nothing of a large table.
SELECT scores[1] AS first, scores[least(10, cardinality(scores))] AS tenth
FROM {schema}.{table} TABLESAMPLE SYSTEM (@percent) REPEATABLE (1)
WHERE variant = 'default' AND cardinality(scores) > 0
LIMIT @users;
