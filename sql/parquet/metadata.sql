SELECT decode(key), decode(value) FROM parquet_kv_metadata({path}) ORDER BY ALL
