INSERT INTO batchrec.result_schema (pipeline, schema_name, user_id_type, item_id_type, template, max_age_hours)
VALUES (@pipeline, @schema, @userIdType, @itemIdType, @template, @maxAgeHours)
ON CONFLICT (pipeline) DO UPDATE SET template = excluded.template, max_age_hours = excluded.max_age_hours;
