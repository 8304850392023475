namespace BatchRec.Evaluate.Metrics;

/// <summary>HR@K: 1 if any of the first K is a target, else 0.</summary>
public static class HitRate
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets) =>
        targets.IsEmpty ? double.NaN : Hits.Count(k, ranked, targets) > 0 ? 1 : 0;
}
