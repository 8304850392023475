WITH released AS (
  DELETE FROM batchrec.publication_hold WHERE pipeline = @pipeline RETURNING pipeline, since, reason
), logged AS (
  INSERT INTO batchrec.publication_log (at, pipeline, action)
  SELECT @now, pipeline, 'released' FROM released
)
SELECT since, reason FROM released;
