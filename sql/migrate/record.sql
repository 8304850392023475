INSERT INTO batchrec.migration (name, sha256) VALUES (@name, @sha256);
