DO $batchrec$
BEGIN
  IF NOT EXISTS (SELECT FROM batchrec.migration WHERE name = {name}) THEN
    EXECUTE $migration$
{text}
$migration$;
    INSERT INTO batchrec.migration (name, sha256) VALUES ({name}, {sha256});
  END IF;
END
$batchrec$;
