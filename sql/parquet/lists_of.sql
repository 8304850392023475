-- The beginnings of a few users' lists, ids as texts.
SELECT "user", CAST(item_ids[1:{count}] AS VARCHAR[]), CAST({because} AS VARCHAR[]), CAST({because_counts} AS INTEGER[]) FROM read_parquet({paths}, hive_partitioning = false) WHERE "user" IN ({users})
