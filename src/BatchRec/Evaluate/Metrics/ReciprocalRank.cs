namespace BatchRec.Evaluate.Metrics;

/// <summary>MRR@K: 1 / rank of the first hit among the first K, 0 without one (Voorhees 1999, TREC-8 question answering).</summary>
public static class ReciprocalRank
{
    /// <summary>NaN without targets.</summary>
    public static double At(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets)
    {
        if (targets.IsEmpty) return double.NaN;
        for (var i = 0; i < Math.Min(k, ranked.Length); i++)
            if (targets.Contains(ranked[i])) return 1.0 / (i + 1);
        return 0;
    }
}
