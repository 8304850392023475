using System.Numerics.Tensors;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>Scores of different recommenders in one unit, standard deviations from each row's mean, so that one weight does for all users.</summary>
internal static class StandardScores
{
    /// <summary>What a model can't score: below nearly all that it can.</summary>
    public const double Unscored = -3;

    /// <summary>(queries × items) the standardised rows. A model has threads of its own and scores all of them at once; baselines score a row a thread.</summary>
    /// <param name="unknown">(items) those that the log lacks that baselines were fitted on; what stands there means nothing</param>
    public static float[] Of(IRecommender recommender, Sequences log, Query[] queries, bool[] unknown, CancellationToken ct = default)
    {
        var (scores, known) = (new float[(long)queries.Length * recommender.ItemCount], unknown.Count(item => !item));
        if (recommender is not Baseline) recommender.Score(log, queries, scores);
        Blocks.For(0, queries.Length, Environment.ProcessorCount, () => new Evidence(recommender.ItemCount, known), (i, evidence) =>
        {
            var row = scores.AsSpan(i * recommender.ItemCount, recommender.ItemCount);
            if (recommender is Baseline baseline) Of(baseline, log, queries[i], row, evidence);
            else Of(row, unknown);
        }, ct);
        return scores;
    }

    /// <summary>A baseline's: <see cref="Evidence"/> says of what.</summary>
    /// <param name="row">(items)</param>
    public static void Of(Baseline baseline, Sequences log, Query query, Span<float> row, Evidence evidence)
    {
        evidence.Read(baseline, log, query);
        row.Fill((float)(-evidence.Mean * evidence.Scale));
        var logs = evidence.Logs;
        var at = 0;
        foreach (var item in evidence.Items) row[item] = (float)((logs[at++] - evidence.Mean) * evidence.Scale);
    }

    /// <summary>A model's, in place.</summary>
    /// <param name="scores">(items); -∞ where it has none</param>
    /// <param name="unknown">(items)</param>
    public static void Of(Span<float> scores, ReadOnlySpan<bool> unknown)
    {
        for (var item = 0; item < scores.Length; item++)
            if (unknown[item]) scores[item] = float.NegativeInfinity;
        var first = scores.IndexOfAnyExcept(float.NegativeInfinity);
        // Squares of what is left of one of the scores don't cancel out.
        var shift = first < 0 ? 0 : scores[first];
        var (count, sum, squares) = Sums.OfScored(scores, shift);
        var (mean, scale) = count == 0 ? (0, 0) : Sums.Standard(sum / count, squares / count - sum / count * (sum / count), shift);
        if (scale == 0)
        {
            scores.Clear();
            return;
        }
        TensorPrimitives.Subtract(scores, (float)mean, scores);
        TensorPrimitives.Multiply(scores, (float)scale, scores);
        scores.Replace(float.NegativeInfinity, (float)Unscored);
    }
}
