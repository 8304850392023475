using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// A recommender fitted by counting, in seconds. Fitted, it never changes, so that several threads may ask it at once; there is nothing
/// random in it; where nothing is solved, the thread count changes no bit of it.
/// </summary>
/// <remarks>An item without any evidence for a query has -∞, not 0: a list ends where knowledge ends.</remarks>
public abstract class Baseline : IRecommender
{
    public abstract string Name { get; }

    public abstract int ItemCount { get; }

    /// <summary>What it left out, as a sentence; null where nothing.</summary>
    public virtual string? Note => null;

    /// <summary>Whether all queries have the same scores.</summary>
    public virtual bool IsSameForAll => false;

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        if (scores.Length != (long)queries.Length * ItemCount)
            throw new ArgumentException($"{queries.Length} queries × {ItemCount} items need as many scores; there is room for {scores.Length}.", nameof(scores));
        for (var i = 0; i < queries.Length; i++) Score(log, queries[i], scores.Slice(i * ItemCount, ItemCount));
    }

    /// <param name="scores">(ItemCount), every one of them to be written.</param>
    protected internal abstract void Score(Sequences log, Query query, Span<float> scores);

    /// <summary>The scores, but for items without evidence, which may have any number up to 0.</summary>
    internal virtual void Sum(Sequences log, Query query, Span<float> sums) => Score(log, query, sums);

    /// <summary>The items before the query's end, the oldest first.</summary>
    protected static ReadOnlySpan<int> History(Sequences log, Query query) =>
        log.Items.AsSpan((int)log.Offsets[query.User]..(int)query.End);
}
