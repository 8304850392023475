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
        markov.Score(log, query, scores);
        ScaleToUnitMaximum(scores);
        var neighbours = new float[ItemCount];
        knn.Score(log, query, neighbours);
        ScaleToUnitMaximum(neighbours);
        for (var i = 0; i < scores.Length; i++)
        {
            // One of the two knowing nothing about an item is a 0; only both knowing nothing is -∞.
            if (float.IsNegativeInfinity(scores[i])) scores[i] = neighbours[i];
            else if (!float.IsNegativeInfinity(neighbours[i])) scores[i] += neighbours[i];
        }
    }

    private static void ScaleToUnitMaximum(Span<float> scores)
    {
        var most = scores.IsEmpty ? 0 : TensorPrimitives.Max<float>(scores);
        if (most > 0) TensorPrimitives.Divide(scores, most, scores);
    }
}
