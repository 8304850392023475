-- Row groups of a fixed size and no clock anywhere: the same rows give the same bytes, so that runs share files by hash.
COPY {source} TO {path} (FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 122880, KV_METADATA {metadata})
