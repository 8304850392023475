using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using BatchRec.Train;

namespace BatchRec.Tests.Train;

/// <summary>Small logs and options for the training stage.</summary>
internal static class Histories
{
    /// <summary>Even users walk over the even items in a ring, odd users over the odd ones, each from a place of their own.</summary>
    public static Sequences Rings(int users, int items, int length) =>
        InlineLog.OfItems(items, [.. Enumerable.Range(0, users).Select(user => Enumerable.Range(0, length).Select(step => (user % 2 + 2 * (user / 2 + step)) % items).ToArray())]);

    /// <summary>Each user's last event is the target.</summary>
    public static (Sequences Train, ValidationSet Validation) LeaveOneOut(Sequences log)
    {
        var ends = Enumerable.Range(0, log.UserCount).Select(user => log.Offsets[user + 1] - 1).ToArray();
        var queries = ends.Select((end, user) => new Query(user, end, log.Times[end])).ToArray();
        return (log.Until(ends), new ValidationSet(log, queries, Array.ConvertAll(ends, end => log.Items[end]), SeenItems.Kept(log)));
    }

    /// <summary>Everything that the default recipe has, small.</summary>
    public static TrainOptions Small { get; } = new()
    {
        Dimensions = 16, Layers = 2, FeedForwardDimensions = 24, MaxLength = 12, BatchSize = 8, LearningRate = 5e-3, WarmupSteps = 5, MaxEpochs = 6, Patience = 0, AverageDecay = 0.9, Threads = 1,
    };
}
