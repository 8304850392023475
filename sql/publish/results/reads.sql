SELECT has_schema_privilege(@reader, @schema, 'USAGE');
