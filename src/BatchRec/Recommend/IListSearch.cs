using BatchRec.Interactions;
using BatchRec.Recommend.Search;

namespace BatchRec.Recommend;

/// <summary>A recommender whose best items can be found without writing down a row of scores.</summary>
public interface ISearchedRecommender : IRecommender
{
    /// <param name="leftOut">(items) true where an item is in nobody's list; or empty</param>
    /// <returns>null where rows have to be scored after all</returns>
    IListSearch? Search(ReadOnlySpan<bool> leftOut);
}

/// <summary>Finds the n best items of a query, exactly: by score in double, the highest first, ties by item index.</summary>
public interface IListSearch
{
    /// <summary>Whether a query gets a list at all.</summary>
    bool CanServe(Sequences log, Query query);

    /// <param name="queries">Those that can be served.</param>
    /// <param name="excluded">of the query at a position</param>
    /// <param name="found">The list of the query at a position; shorter than n where fewer items are left.</param>
    /// <exception cref="BatchRecException">A score isn't a number.</exception>
    void Find(Sequences log, Query[] queries, int n, ExcludedItems excluded, FoundList found, CancellationToken cancellation);
}
