ALTER TABLE {schema}.recommendation DETACH PARTITION {schema}.{table} FINALIZE;
