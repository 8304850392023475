SELECT pipeline FROM batchrec.result_schema WHERE schema_name = @schema;
