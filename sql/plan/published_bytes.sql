SELECT coalesce(pg_total_relation_size(to_regclass(format('%I.%I', @schema::text, @table::text))), 0)
