SELECT schema_name AS Schema, user_id_type AS UserIdType, item_id_type AS ItemIdType, template, max_age_hours AS MaxAgeHours
FROM batchrec.result_schema
WHERE pipeline = @pipeline;
