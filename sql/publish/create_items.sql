CREATE TABLE {schema}.{items} (LIKE {schema}.item INCLUDING INDEXES);
