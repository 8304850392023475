COPY {schema}.default_recommendation (run_id, variant, item_ids, scores, sources, generated_at) FROM STDIN (FORMAT binary)
