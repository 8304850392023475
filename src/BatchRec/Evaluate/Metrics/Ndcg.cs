namespace BatchRec.Evaluate.Metrics;

/// <summary>
/// NDCG@K over the achievable: Σ over hits of 1 / log2(rank + 1), / the same sum for a list whose first min(targets, K) places all hit
/// (Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques"; binary gains).
/// </summary>
public static class Ndcg
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets)
    {
        if (targets.IsEmpty) return double.NaN;
        var (gain, ideal) = (0.0, 0.0);
        for (var i = 0; i < Math.Min(k, ranked.Length); i++)
            if (targets.Contains(ranked[i])) gain += Discount(i);
        for (var i = 0; i < Math.Min(k, targets.Length); i++) ideal += Discount(i);
        return gain / ideal;
    }

    private static double Discount(int index) => 1 / Math.Log2(index + 2);
}
