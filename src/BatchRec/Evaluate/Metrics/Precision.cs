namespace BatchRec.Evaluate.Metrics;

/// <summary>Precision@K = hits among the first K / K. A list shorter than K is not excused: its empty places are misses.</summary>
public static class Precision
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets) =>
        targets.IsEmpty ? double.NaN : (double)Hits.Count(k, ranked, targets) / k;
}
