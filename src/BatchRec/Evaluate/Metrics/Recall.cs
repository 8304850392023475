namespace BatchRec.Evaluate.Metrics;

/// <summary>Recall@K = hits among the first K / targets.</summary>
public static class Recall
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets) =>
        targets.IsEmpty ? double.NaN : (double)Hits.Count(k, ranked, targets) / targets.Length;
}
