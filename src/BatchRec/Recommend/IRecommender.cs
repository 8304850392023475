using BatchRec.Interactions;

namespace BatchRec.Recommend;

/// <summary>
/// The one contract of models and baselines: histories in, a score for every item of the catalogue out. All of them pass the
/// same checkerboard test; a batch gives the scores that its queries give one by one.
/// </summary>
public interface IRecommender
{
    /// <summary>As it stands in tables and in the <c>source</c> column of the published rows: <c>sasrec</c>, <c>markov</c>, …</summary>
    string Name { get; }

    /// <summary>Size of the catalogue that it scores.</summary>
    int ItemCount { get; }

    /// <summary>Fills <paramref name="scores"/> (queries × ItemCount, row-major); an item that can't be scored gets -∞.</summary>
    /// <param name="log">The sequences that the queries point into; may hold later events, which are never read.</param>
    void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores);
}
