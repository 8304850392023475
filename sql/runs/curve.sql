SELECT epoch, loss, ndcg, averaged_ndcg AS AveragedNdcg, seconds
FROM batchrec.learning_curve
WHERE run_id = @run AND artefact = @artefact
ORDER BY epoch;
