COPY {schema}.{items} (item_id, title, category, available) FROM STDIN (FORMAT binary)
