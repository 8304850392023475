-- Readers don't know of it before it is attached. The check spares the scan when it is.
CREATE TABLE {schema}.{table} (
  LIKE {schema}.recommendation INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE,
  CONSTRAINT because_is_of_items CHECK (array_length(because, 1) <= cardinality(item_ids)),
  CONSTRAINT of_one_run CHECK (run_id = {run})
);
