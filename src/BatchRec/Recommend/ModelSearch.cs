using BatchRec.Interactions;
using BatchRec.Recommend.Search;

namespace BatchRec.Recommend;

/// <summary>The best items by a model's vectors.</summary>
internal sealed class ModelSearch : IListSearch
{
    private readonly IVectorRecommender _model;
    private readonly VectorSearch _search;

    /// <param name="leftOut">(items) true where an item is in nobody's list; or empty</param>
    public ModelSearch(IVectorRecommender model, ReadOnlySpan<bool> leftOut)
    {
        var unknown = new bool[model.ItemCount];
        for (var item = 0; item < unknown.Length; item++) unknown[item] = !model.Knows(item) || (!leftOut.IsEmpty && leftOut[item]);
        (_model, _search) = (model, new VectorSearch(model.ItemVectors.ToArray(), model.Dimensions, unknown));
    }

    public bool CanServe(Sequences log, Query query) => _model.CanScore(log, query);

    public void Find(Sequences log, Query[] queries, int n, ExcludedItems excluded, FoundList found, CancellationToken cancellation) =>
        _search.Find(_model.Encode(log, queries), n, excluded, found, Environment.ProcessorCount, cancellation);
}
