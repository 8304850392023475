-- What a load begins with: the index is made again when its rows are there, by finish.sql.
DROP INDEX shop.interaction_occurred_at_idx;
