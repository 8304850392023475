using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Recommend.Search;

namespace BatchRec.Rerank;

/// <summary>
/// Another recommender's best candidates in a better order: its score, standardised over a user's candidates, plus a weight times the re-ranker's, likewise. Who isn't among the
/// candidates is in no list.
/// </summary>
/// <param name="found">The blend, or the model.</param>
/// <param name="weight"><see cref="RerankWeight.Weight"/></param>
public sealed class RerankedRecommender(ISearchedRecommender found, Reranker reranker, double weight) : ISearchedRecommender
{
    public const string Id = "reranked";

    /// <summary>What is found, in a better order; as it was found where there is no re-ranker, or no weight.</summary>
    internal static ISearchedRecommender Over(ISearchedRecommender found, Reranker? reranker, RerankWeight? weight) =>
        reranker is null || weight is null ? found : new RerankedRecommender(found, reranker, weight.Weight);

    public string Name => Id;

    public int ItemCount => found.ItemCount;

    public IListSearch? Search(ReadOnlySpan<bool> leftOut) => found.Search(leftOut) is { } search ? new CandidateSearch(this, search) : null;

    /// <summary>The candidates are the best of the whole catalogue, whatever the user has seen; the others stand below them as they stood.</summary>
    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        found.Score(log, queries, scores);
        var (top, items, best) = (new TopN(reranker.Candidates), new int[reranker.Candidates], new float[reranker.Candidates]);
        for (var i = 0; i < queries.Length; i++)
        {
            var row = scores.Slice(i * ItemCount, ItemCount);
            var count = top.Select(row, [], [], items, best);
            if (count == 0) continue;
            var (ordered, ranking) = Order(log, queries[i], items[..count], best[..count]);
            var below = ranking[^1] - best[count - 1];
            for (var item = 0; item < row.Length; item++) row[item] += below;
            for (var place = 0; place < count; place++) row[ordered[place]] = ranking[place];
        }
    }

    private int Candidates => reranker.Candidates;

    private (int[] Items, float[] Scores) Order(Sequences log, Query query, int[] items, float[] scores) =>
        new RerankedList(items, scores, reranker.Scores(log, query, items)).Order(weight);

    /// <summary>The candidates by the other's search, then one query after the other.</summary>
    private sealed class CandidateSearch(RerankedRecommender owner, IListSearch search) : IListSearch
    {
        public bool CanServe(Sequences log, Query query) => search.CanServe(log, query);

        public void Find(Sequences log, Query[] queries, int n, ExcludedItems excluded, FoundList found, CancellationToken cancellation)
        {
            var lists = new (int[] Items, float[] Scores)[queries.Length];
            search.Find(log, queries, Math.Max(n, owner.Candidates), excluded, (i, items, scores) => lists[i] = (items.ToArray(), scores.ToArray()), cancellation);
            for (var i = 0; i < queries.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var (items, scores) = owner.Order(log, queries[i], lists[i].Items, lists[i].Scores);
                var length = Math.Min(n, items.Length);
                found(i, items.AsSpan(0, length), scores.AsSpan(0, length));
            }
        }
    }
}
