using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Tests.Blend;

/// <summary>A model of vectors written down: a user's and an item's; it doesn't know the items without one.</summary>
/// <param name="users">(users × D)</param>
/// <param name="items">(items)(D), null for one that it doesn't know</param>
internal sealed class VectorTable(string name, float[] users, float[]?[] items, int dimensions) : IVectorRecommender
{
    private readonly float[] vectors = [.. items.SelectMany(item => item ?? new float[dimensions])];

    public string Name => name;

    public int ItemCount => items.Length;

    public int Dimensions => dimensions;

    public ReadOnlySpan<float> ItemVectors => vectors;

    public bool Knows(int item) => items[item] is not null;

    /// <summary>As a history without any item that it knows.</summary>
    public bool CanScore(Sequences log, Query query)
    {
        for (var at = log.Offsets[query.User]; at < query.End; at++)
            if (Knows(log.Items[at])) return true;
        return false;
    }

    public float[] Encode(Sequences log, ReadOnlySpan<Query> queries)
    {
        var encoded = new float[queries.Length * dimensions];
        for (var i = 0; i < queries.Length; i++)
            if (CanScore(log, queries[i])) users.AsSpan(queries[i].User * dimensions, dimensions).CopyTo(encoded.AsSpan(i * dimensions));
        return encoded;
    }

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        var encoded = Encode(log, queries);
        for (var i = 0; i < queries.Length; i++)
            for (var item = 0; item < ItemCount; item++)
            {
                var sum = 0.0;
                for (var k = 0; k < dimensions; k++) sum += (double)encoded[i * dimensions + k] * vectors[item * dimensions + k];
                scores[i * ItemCount + item] = Knows(item) && CanScore(log, queries[i]) ? (float)sum : float.NegativeInfinity;
            }
    }
}
