namespace BatchRec.Blend;

/// <summary>
/// Weights that make NDCG@10 itself high, one at a time and in ever smaller steps (Metzler and Croft 2007, "Linear feature-based models for
/// information retrieval"): where most right answers are out of any part's reach, the likeliest weights are about those.
/// </summary>
internal static class CoordinateAscent
{
    /// <summary>Shares of the largest weight at the start.</summary>
    private static readonly double[] Steps = [0.3, 0.15, 0.07];

    /// <param name="which">Cases to climb on.</param>
    /// <param name="start">(parts)</param>
    public static double[] Climb(BlendCases cases, int[] which, double[] start)
    {
        var (best, value, scale) = (start, cases.Ndcg10(which, start), start.Max());
        foreach (var step in Steps)
            for (var part = 0; part < start.Length; part++)
                foreach (var change in (double[])[step * scale, -step * scale])
                    while (true)
                    {
                        double[] next = [.. best];
                        next[part] += change;
                        var reached = cases.Ndcg10(which, next);
                        if (reached <= value) break;
                        (best, value) = (next, reached);
                    }
        return best;
    }
}
