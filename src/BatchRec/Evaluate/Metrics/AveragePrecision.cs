namespace BatchRec.Evaluate.Metrics;

/// <summary>MAP@K: Σ over hits of precision at the hit's rank, / min(targets, K), so that a perfect list has 1.</summary>
public static class AveragePrecision
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets)
    {
        if (targets.IsEmpty) return double.NaN;
        var (hits, sum) = (0, 0.0);
        for (var i = 0; i < Math.Min(k, ranked.Length); i++)
            if (targets.Contains(ranked[i])) sum += (double)++hits / (i + 1);
        return sum / Math.Min(targets.Length, k);
    }
}
