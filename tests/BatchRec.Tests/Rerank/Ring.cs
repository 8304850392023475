using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Train;
using BatchRec.Train;
using BatchRec.Train.Encoders;

namespace BatchRec.Tests.Rerank;

/// <summary>
/// 120 users walk over 60 items in a ring, each from a place of their own: what comes next is the item after the last. The model has never been trained, so that its lists are in
/// an order without meaning; its vectors tell items apart, and that is all a re-ranker needs.
/// </summary>
internal static class Ring
{
    public const int Users = 120, Items = 60;

    public static Split Split { get; } = LeaveOneOutSplit.Of(InlineLog.OfItems(Items, [.. Enumerable.Range(0, Users).Select(u => Enumerable.Range(0, 12).Select(step => (7 * u + step) % Items).ToArray())]));

    public static SeenItems Seen => SeenItems.Filtered(Split.Log);

    public static TrainOptions Trained { get; } = Histories.Small with { Targets = "next" };

    public static RerankOptions Options { get; } = new()
    {
        Candidates = Items, History = 6, Predecessors = 1, Heads = 2, TargetsPerUser = 8, Negatives = 20, Epochs = 6, BatchSize = 16, LearningRate = 5e-3,
    };

    public static SasrecRecommender Model()
    {
        var vocabulary = Vocabulary.Of(Split.Train);
        using var network = SequenceModel.Of(vocabulary, Trained);
        network.Initialise(1);
        return new SasrecRecommender(new TrainedModel { Options = Trained, Vocabulary = vocabulary, Seed = 1, Parameters = network.Arrays() }, Items);
    }

    public static RerankModel Train(SasrecRecommender model, RerankOptions? options = null, ulong seed = 1, IProgress<RerankProgress>? progress = null, CancellationToken ct = default)
    {
        TorchSharp.torch.set_num_threads(1);
        return RerankTraining.Run(Split.Train, model, options ?? Options, Trained, new RecommendOptions(), seed, progress, ct)!;
    }

    /// <summary>One that was never trained, and knows of no item what comes before it.</summary>
    public static RerankModel Untrained(SasrecRecommender model)
    {
        using var network = new CoAttention(model.Dimensions, Options.Heads, Options.History, 2);
        network.Initialise(5);
        return new RerankModel { Options = Options, Width = model.Dimensions, FacetCount = 2, Predecessors = [.. Enumerable.Repeat(-1, Items)], Parameters = network.Arrays() };
    }
}
