COPY {schema}.{table} (run_id, variant, user_id, item_ids, scores, sources, generated_at) FROM STDIN (FORMAT binary)
