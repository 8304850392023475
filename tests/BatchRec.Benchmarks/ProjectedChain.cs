using System.Numerics.Tensors;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Benchmarks;

/// <summary>
/// What stands in for a trained model where only its shape and its time matter: a Markov chain in D random dimensions. An item's vector is the mean of
/// random vectors of those that came before it; a user's, the decayed sum of his latest items' random vectors.
/// </summary>
internal sealed class ProjectedChain : IVectorRecommender
{
    private const int Reach = 2, Latest = 20;
    private const float Decay = .8f;

    private readonly float[] _random, _vectors;
    private readonly bool[] _known;

    public ProjectedChain(Sequences train, int dimensions)
    {
        (Dimensions, ItemCount) = (dimensions, train.ItemCount);
        (_random, _vectors, _known) = (TestVectors.Of("unit", train.ItemCount, dimensions, seed: 1), new float[train.ItemCount * dimensions], new bool[train.ItemCount]);
        for (var user = 0; user < train.UserCount; user++)
        {
            var items = train.ItemsOf(user);
            for (var at = 0; at < items.Length; at++)
            {
                _known[items[at]] = true;
                for (var before = Math.Max(0, at - Reach); before < at; before++)
                    TensorPrimitives.Add(VectorOf(_vectors, items[at]), VectorOf(_random, items[before]), VectorOf(_vectors, items[at]));
            }
        }
        for (var item = 0; item < ItemCount; item++)
            if (TensorPrimitives.Norm<float>(VectorOf(_vectors, item)) is > 0 and var norm) TensorPrimitives.Divide(VectorOf(_vectors, item), norm, VectorOf(_vectors, item));
    }

    public string Name => "model";

    public int ItemCount { get; }

    public int Dimensions { get; }

    public ReadOnlySpan<float> ItemVectors => _vectors;

    public bool Knows(int item) => _known[item];

    public bool CanScore(Sequences log, Query query) => query.End > log.Offsets[query.User];

    public float[] Encode(Sequences log, ReadOnlySpan<Query> queries)
    {
        var users = new float[queries.Length * Dimensions];
        for (var i = 0; i < queries.Length; i++)
        {
            var own = users.AsSpan(i * Dimensions, Dimensions);
            var weight = 1f;
            for (var at = queries[i].End - 1; at >= Math.Max(log.Offsets[queries[i].User], queries[i].End - Latest); at--, weight *= Decay)
                TensorPrimitives.MultiplyAdd(VectorOf(_random, log.Items[at]), weight, own, own);
        }
        return users;
    }

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        var users = Encode(log, queries);
        for (var i = 0; i < queries.Length; i++)
            for (var item = 0; item < ItemCount; item++)
                scores[i * ItemCount + item] = _known[item] && CanScore(log, queries[i])
                    ? TensorPrimitives.Dot<float>(users.AsSpan(i * Dimensions, Dimensions), VectorOf(_vectors, item))
                    : float.NegativeInfinity;
    }

    private Span<float> VectorOf(float[] vectors, int item) => vectors.AsSpan(item * Dimensions, Dimensions);
}
