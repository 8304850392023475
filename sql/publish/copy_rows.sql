COPY {schema}.{table} (run_id, variant, user_id, item_ids, scores, sources, generated_at, because) FROM STDIN (FORMAT binary)
