ANALYZE {schema}.{table};
