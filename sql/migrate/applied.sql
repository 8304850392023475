SELECT name, sha256 FROM batchrec.migration;
