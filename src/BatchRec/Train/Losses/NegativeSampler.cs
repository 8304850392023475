namespace BatchRec.Train.Losses;

/// <summary>
/// Draws a step's negatives: a share from the step's own targets, and so by popularity, the others evenly from the catalogue. Mixed negative sampling, Yang et
/// al. (2020).
/// </summary>
/// <param name="vocabulary">V, the catalogue's rows</param>
/// <param name="count">N, negatives of a step</param>
/// <param name="inBatch">share drawn from the step's targets, 0 to 1</param>
internal sealed class NegativeSampler(int vocabulary, int count, double inBatch)
{
    public Negatives Draw(ReadOnlySpan<int> targets, ulong seed)
    {
        var random = Randomness.At(seed);
        var rows = new int[count];
        for (var i = 0; i < count; i++) rows[i] = random.Uniform() < inBatch ? targets[random.Below(targets.Length)] : random.Below(vocabulary);
        Array.Sort(rows);
        var (all, even) = (targets.Length, (1 - inBatch) / vocabulary);
        return new Negatives(rows, Array.ConvertAll(Among(rows, targets), times => (float)Math.Log(count * (inBatch * times / all + even))));
    }

    /// <summary>How often each row occurs among the targets.</summary>
    private static int[] Among(int[] rows, ReadOnlySpan<int> targets)
    {
        var counts = new Dictionary<int, int>();
        foreach (var row in rows) counts[row] = 0;
        foreach (var target in targets)
            if (counts.TryGetValue(target, out var times)) counts[target] = times + 1;
        return Array.ConvertAll(rows, row => counts[row]);
    }
}
