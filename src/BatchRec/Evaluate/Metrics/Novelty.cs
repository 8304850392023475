namespace BatchRec.Evaluate.Metrics;

/// <summary>
/// Novelty@K: mean self-information −log2 p(item) of the first K, in bits, where p is the item's share of the training events
/// (Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma"). An item that training never saw counts as seen once.
/// </summary>
public sealed class Novelty
{
    private readonly double[] bits;

    /// <param name="counts">(items) training events of each item</param>
    public Novelty(ReadOnlySpan<int> counts)
    {
        var total = 0L;
        foreach (var count in counts) total += count;
        bits = new double[counts.Length];
        for (var i = 0; i < counts.Length; i++) bits[i] = -Math.Log2((double)Math.Max(counts[i], 1) / Math.Max(total, 1));
    }

    /// <summary>NaN for an empty list.</summary>
    public double At(int k, ReadOnlySpan<int> ranked)
    {
        var shown = ranked[..Math.Min(k, ranked.Length)];
        var sum = 0.0;
        foreach (var item in shown) sum += bits[item];
        return shown.IsEmpty ? double.NaN : sum / shown.Length;
    }
}
