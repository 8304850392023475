using System.Buffers;
using System.Numerics.Tensors;
using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// The sum of <see cref="Markov"/> and <see cref="ItemKnn"/>, each user's scores of either scaled to maximum 1 before: what came last,
/// and what the whole history is like.
/// </summary>
public sealed class MarkovKnn(Markov markov, ItemKnn knn) : Baseline
{
    public const string Id = "markov+knn";

    public override string Name => Id;

    public override int ItemCount => markov.ItemCount;

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        markov.Sum(log, query, scores);
        ScaleToUnitMaximum(scores);
        var rented = ArrayPool<float>.Shared.Rent(ItemCount);
        var neighbours = rented.AsSpan(0, ItemCount);
        knn.Sum(log, query, neighbours);
        ScaleToUnitMaximum(neighbours);
        TensorPrimitives.Add(scores, neighbours, scores);
        ArrayPool<float>.Shared.Return(rented);
        SparseRows.ZerosToNoEvidence(scores);
    }

    private static void ScaleToUnitMaximum(Span<float> sums)
    {
        var most = sums.IsEmpty ? 0 : TensorPrimitives.Max<float>(sums);
        if (most > 0) TensorPrimitives.Divide(sums, most, sums);
    }
}
