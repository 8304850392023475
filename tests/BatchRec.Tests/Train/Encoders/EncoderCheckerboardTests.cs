using System.Collections.Concurrent;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Recommend;
using BatchRec.Train;

namespace BatchRec.Tests.Train.Encoders;

/// <summary>The checkerboard for every encoder; a class each, trained once.</summary>
public abstract class EncoderCheckerboard : Checkerboard
{
    private static readonly ConcurrentDictionary<Type, Lazy<SasrecRecommender>> Trained = new();

    private protected abstract TrainOptions Options { get; }

    protected override IRecommender Fit(Sequences train) => Trained.GetOrAdd(GetType(), _ => new Lazy<SasrecRecommender>(() =>
    {
        var options = Options with { Dimensions = 32, MaxLength = 24, MaxEpochs = 40, DecayShare = 1 };
        var folder = Directory.CreateTempSubdirectory("checkerboard-");
        var result = Training.Refit(Train, options, 1, options.MaxEpochs, averaged: false, folder.FullName, null, CancellationToken.None);
        folder.Delete(recursive: true);
        return new SasrecRecommender(result.Model, Train.ItemCount);
    })).Value;

    /// <summary>Products over other shapes sum in another order.</summary>
    protected override float Tolerance => 1e-3f;
}

public class SasrecCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small;
}

public class AdversarialSasrecCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { AdversarialNorm = 0.05 };
}

public class LocalSasrecCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { Window = 4 };
}

public class HardSasrecCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { TopKeys = 3 };
}

public class HstuCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { Encoder = "hstu" };
}

public class DotAttentionCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { Encoder = "dot" };
}

public class MeanQueryCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { Encoder = "dot", PoolingQuery = "mean" };
}

public class LearnedQueryCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { Encoder = "dot", PoolingQuery = "learned" };
}

public class AdditiveAttentionCheckerboardTests : EncoderCheckerboard
{
    private protected override TrainOptions Options => Histories.Small with { Encoder = "additive" };
}
