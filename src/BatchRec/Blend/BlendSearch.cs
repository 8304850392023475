using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Recommend.Search;

namespace BatchRec.Blend;

/// <summary>
/// The n best items of a blend, exactly: those by the product of vectors alone, merged with what baselines have evidence of (<see cref="BlendList"/>).
/// </summary>
/// <remarks>
/// A blend weighs some evidence negatively. First that is ignored: an item that it speaks against scores less than its product, so that it is of no matter
/// as long as the list's last scores more than the last of those by the product. Where it doesn't, products are searched again without such items.
/// </remarks>
internal sealed class BlendSearch : IListSearch
{
    private readonly BlendedRecommender _blend;
    private readonly int[] _nobodys;
    private readonly VectorSearch _search;

    /// <param name="leftOut">(items) true where an item is in nobody's list</param>
    public BlendSearch(BlendedRecommender blend, bool[] leftOut) =>
        // Bytes are too coarse where what all users share outweighs the model: half of the catalogue would be within their error.
        (_blend, _nobodys, _search) = (blend, [.. Enumerable.Range(0, leftOut.Length).Where(item => leftOut[item])], new VectorSearch(blend.Vectors.Items, blend.Vectors.Dimensions, leftOut,
            VectorSearch.IsSupported(ScanKind.Float512) ? ScanKind.Float512 : ScanKind.Float));

    public bool CanServe(Sequences log, Query query) => true;

    public void Find(Sequences log, Query[] queries, int n, ExcludedItems excluded, FoundList found, CancellationToken cancellation)
    {
        var (users, constants) = _blend.Users(log, queries);
        using var rooms = new ThreadLocal<BlendList>(() => new BlendList(_blend, _nobodys, n));
        var again = new bool[queries.Length];
        _search.Find(users, n, excluded, (i, items, _) =>
        {
            int[] room = [];
            var list = rooms.Value!;
            var besides = constants[i] + list.Read(log, queries[i]);
            if (list.Merge(VectorOf(users, i), items, excluded(i, ref room))) list.Hand(i, besides, found);
            else again[i] = true;
        }, Environment.ProcessorCount, cancellation);

        int[] left = [.. Enumerable.Range(0, queries.Length).Where(i => again[i])];
        if (left.Length == 0) return;
        var vectors = left.SelectMany(i => VectorOf(users, i).ToArray()).ToArray();
        _search.Find(vectors, n, (int at, ref int[] room) =>
        {
            var list = rooms.Value!;
            list.Read(log, queries[left[at]]);
            return list.SpokenAgainst(excluded(left[at], ref room), ref room);
        }, (at, items, _) =>
        {
            int[] room = [];
            var (i, list) = (left[at], rooms.Value!);
            var besides = constants[i] + list.Read(log, queries[i]);
            list.MergeAll(VectorOf(users, i), items, excluded(i, ref room));
            list.Hand(i, besides, found);
        }, Environment.ProcessorCount, cancellation);
    }

    private ReadOnlySpan<float> VectorOf(float[] users, int i) => users.AsSpan(i * _blend.Vectors.Dimensions, _blend.Vectors.Dimensions);
}
