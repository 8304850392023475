ALTER TABLE {schema}.{table} ADD PRIMARY KEY (variant, user_id);
