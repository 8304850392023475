-- What stands in the table, to be compared with what was sent: the sum over rows of the first 60 bits of SHA-256 of the binary row.
SELECT count(*) AS users,
       coalesce(sum(cardinality(item_ids)), 0)::bigint AS rows,
       coalesce(sum(('x' || substr(encode(sha256({user_send}(user_id) || array_send(item_ids) || array_send(scores) || array_send(sources) || coalesce(array_send(because), '')), 'hex'), 1, 15))::bit(60)::bigint), 0)::text AS digest
FROM {schema}.{table};
