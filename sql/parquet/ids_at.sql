SELECT file_row_number, CAST(id AS VARCHAR) FROM read_parquet({path}, file_row_number = true) WHERE file_row_number IN ({rows})
