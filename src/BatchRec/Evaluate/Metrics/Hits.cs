namespace BatchRec.Evaluate.Metrics;

/// <summary>How many of the first K are targets: what HR, precision, recall and F1 are made of.</summary>
internal static class Hits
{
    public static int Count(int k, ReadOnlySpan<int> ranked, ReadOnlySpan<int> targets)
    {
        var hits = 0;
        foreach (var item in ranked[..Math.Min(k, ranked.Length)])
            if (targets.Contains(item)) hits++;
        return hits;
    }
}
