namespace BatchRec.Train;

/// <summary>Where a training stands, told after every batch and after every validation.</summary>
/// <param name="Epoch">counted from 1</param>
/// <param name="Batch">counted from 1</param>
/// <param name="Batches">a epoch</param>
/// <param name="Loss">mean cross-entropy (nats) of the epoch so far</param>
/// <param name="ValidationNdcg">NDCG@10 of the better candidate; null between validations</param>
/// <param name="Seconds">spent on this training so far, earlier attempts included</param>
public sealed record TrainProgress(int Epoch, int Epochs, int Batch, int Batches, double Loss, double? ValidationNdcg, double Seconds);

/// <summary>A point of the learning curve. Validation metrics are NaN where nothing was validated.</summary>
/// <param name="Epoch">counted from 1</param>
/// <param name="Loss">mean cross-entropy (nats)</param>
/// <param name="Ndcg">validation NDCG@10 of the weights</param>
/// <param name="AveragedNdcg">validation NDCG@10 of their exponential average</param>
/// <param name="Seconds">since the training's start</param>
public sealed record EpochResult(int Epoch, double Loss, double Ndcg, double AveragedNdcg, double Seconds);

/// <param name="BestEpoch">Epochs that the model was trained for, what a refit repeats.</param>
/// <param name="BestIsAveraged">The model is the exponential average of the weights.</param>
/// <param name="ValidationNdcg">the model's NDCG@10; NaN without validation</param>
/// <param name="Stopped">Why it ended, as a sentence.</param>
/// <param name="Notes">What there is to say of its features, in sentences.</param>
public sealed record TrainingResult(
    TrainedModel Model, int BestEpoch, bool BestIsAveraged, double ValidationNdcg, IReadOnlyList<EpochResult> Curve, double Seconds, string Stopped, IReadOnlyList<string> Notes);
