WITH old AS (
  DELETE FROM batchrec.learning_curve WHERE run_id = @run AND artefact = @artefact AND NOT epoch = ANY (@epochs)
)
INSERT INTO batchrec.learning_curve (run_id, artefact, epoch, loss, ndcg, averaged_ndcg, seconds)
SELECT @run, @artefact, * FROM unnest(@epochs, @losses, @ndcgs, @averages, @seconds)
ON CONFLICT (run_id, artefact, epoch) DO UPDATE
SET loss = excluded.loss, ndcg = excluded.ndcg, averaged_ndcg = excluded.averaged_ndcg, seconds = excluded.seconds;
