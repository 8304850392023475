namespace BatchRec.Evaluate.Metrics;

/// <summary>F1@K = 2 · precision · recall / (precision + recall), which is 2 · hits / (K + targets) (van Rijsbergen 1979).</summary>
public static class F1
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets) =>
        targets.IsEmpty ? double.NaN : 2.0 * Hits.Count(k, ranked, targets) / (k + targets.Length);
}
