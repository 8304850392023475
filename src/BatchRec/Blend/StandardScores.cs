using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>Scores of different recommenders in one unit, so that one weight does for all users.</summary>
internal static class StandardScores
{
    /// <summary>(queries × items) the standardised rows. A model has threads of its own and scores all of them at once; baselines score a row a thread.</summary>
    /// <param name="known">(known items) ascending; what stands elsewhere means nothing</param>
    public static float[] Of(IRecommender recommender, Sequences log, Query[] queries, int[] known, CancellationToken ct = default)
    {
        var scores = new float[(long)queries.Length * recommender.ItemCount];
        if (recommender is not Baseline) recommender.Score(log, queries, scores);
        Blocks.For(0, queries.Length, Environment.ProcessorCount, () => 0, (i, _) =>
        {
            var row = scores.AsSpan(i * recommender.ItemCount, recommender.ItemCount);
            if (recommender is Baseline baseline) baseline.Score(log, queries[i], row);
            Of(recommender, row, known);
        }, ct);
        return scores;
    }

    /// <summary>
    /// Makes a row, in place, a log-probability up to its scale, and then its distance from the mean in standard deviations. A model's scores are
    /// the former already. Of a baseline, whose evidence adds up, it is the logarithm of each item's share of the evidence, with one uniform
    /// share on top: standardised as they stand, its few large scores would outweigh all that the model knows.
    /// </summary>
    /// <param name="scores">(items); -∞ is no evidence: the worst that a model has scored, no share of a baseline</param>
    /// <param name="known">(known items) ascending; only their scores are looked at, and written</param>
    public static void Of(IRecommender recommender, Span<float> scores, ReadOnlySpan<int> known)
    {
        if (known.IsEmpty) return;
        if (recommender is Baseline) LogShares(scores, known);
        else WorstForMissing(scores, known);
        var (sum, squares) = (0.0, 0.0);
        foreach (var item in known) sum += scores[item];
        var mean = sum / known.Length;
        foreach (var item in known) squares += (scores[item] - mean) * (scores[item] - mean);
        // A row that tells no items apart says nothing; what is left of it is rounding.
        var deviation = Math.Sqrt(squares / known.Length);
        var scale = deviation > 1e-6 * (1 + Math.Abs(mean)) ? 1 / deviation : 0;
        foreach (var item in known) scores[item] = (float)((scores[item] - mean) * scale);
    }

    private static void LogShares(Span<float> scores, ReadOnlySpan<int> known)
    {
        var total = 0.0;
        foreach (var item in known) total += Math.Max(scores[item], 0);
        var scale = total > 0 ? known.Length / total : 0;
        foreach (var item in known) scores[item] = MathF.Log(1 + (float)(scale * Math.Max(scores[item], 0)));
    }

    private static void WorstForMissing(Span<float> scores, ReadOnlySpan<int> known)
    {
        var worst = float.PositiveInfinity;
        foreach (var item in known)
            if (scores[item] > float.NegativeInfinity) worst = Math.Min(worst, scores[item]);
        if (float.IsPositiveInfinity(worst)) worst = 0;
        foreach (var item in known)
            if (scores[item] == float.NegativeInfinity) scores[item] = worst;
    }
}
