-- SHARE UPDATE EXCLUSIVE on the parent: readers go on reading.
ALTER TABLE {schema}.recommendation ATTACH PARTITION {schema}.{table} FOR VALUES IN ({run});
