namespace BatchRec.Recommend.Search;

/// <summary>One thread's room to sort candidates in.</summary>
internal sealed class SortRoom(int candidates)
{
    private readonly uint[] _keys = new uint[candidates];
    private readonly ulong[] _best = new ulong[candidates];

    public int[] Places { get; } = new int[candidates];

    public int[] Items { get; } = new int[candidates];

    public double[] Scores { get; } = new double[candidates];

    public ReadOnlySpan<uint> Keys(ReadOnlySpan<float> scores)
    {
        for (var i = 0; i < scores.Length; i++) _keys[i] = NthLargest.Key(scores[i]);
        return _keys.AsSpan(0, scores.Length);
    }

    public ReadOnlySpan<uint> Keys(ReadOnlySpan<double> scores)
    {
        for (var i = 0; i < scores.Length; i++) _keys[i] = NthLargest.Key((float)scores[i]);
        return _keys.AsSpan(0, scores.Length);
    }

    /// <returns>(at most n) the places of the best in their lower halves, by score, the highest first, then by item index</returns>
    public ReadOnlySpan<ulong> Best(ReadOnlySpan<double> scores, ReadOnlySpan<int> items, int n)
    {
        var keys = Keys(scores);
        var least = n < keys.Length ? NthLargest.Of(keys, n) : 0;
        var count = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            _best[count] = (ulong)~keys[i] << 32 | (uint)i;
            count += keys[i] >= least ? 1 : 0;
        }
        var best = _best.AsSpan(0, count);
        best.Sort();
        // Scores that are one as floats may still differ.
        for (var start = 0; start < count;)
        {
            var end = start + 1;
            while (end < count && best[end] >> 32 == best[start] >> 32) end++;
            if (end - start > 1) SortTies(best[start..end], scores, items);
            start = end;
        }
        return best[..Math.Min(n, count)];
    }

    private static void SortTies(Span<ulong> ties, ReadOnlySpan<double> scores, ReadOnlySpan<int> items)
    {
        var order = new (double, int)[ties.Length];
        for (var i = 0; i < ties.Length; i++) order[i] = (-scores[(int)(uint)ties[i]], items[(int)(uint)ties[i]]);
        order.AsSpan().Sort(ties);
    }
}
