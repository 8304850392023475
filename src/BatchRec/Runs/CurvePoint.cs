namespace BatchRec.Runs;

/// <summary>A row of <c>batchrec.learning_curve</c>: a model after an epoch.</summary>
/// <param name="Epoch">counted from 1</param>
/// <param name="Loss">mean cross-entropy (nats)</param>
/// <param name="Ndcg">validation NDCG@10 of the weights; null where nothing was validated</param>
/// <param name="AveragedNdcg">of their exponential average</param>
/// <param name="Seconds">since the training's start</param>
public sealed record CurvePoint(int Epoch, double Loss, double? Ndcg, double? AveragedNdcg, double Seconds);
