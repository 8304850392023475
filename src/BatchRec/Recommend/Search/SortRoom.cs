using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>One thread's room to sort candidates in.</summary>
internal sealed class SortRoom(int candidates)
{
    /// <summary>Keys that counting sorts faster than comparing does: counting takes their number squared.</summary>
    private const int MostCounted = 256;

    private readonly uint[] _keys = new uint[candidates];
    private readonly ulong[] _best = new ulong[candidates + Vector512<ulong>.Count], _sorted = new ulong[MostCounted];

    public int[] Places { get; } = new int[candidates];

    public int[] Items { get; } = new int[candidates];

    public double[] Scores { get; } = new double[candidates];

    public ReadOnlySpan<uint> Keys(ReadOnlySpan<float> scores)
    {
        var i = 0;
        for (; i <= scores.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            NthLargest.Key(Vector512.Create(scores[i..])).CopyTo(_keys.AsSpan(i));
        for (; i < scores.Length; i++) _keys[i] = NthLargest.Key(scores[i]);
        return _keys.AsSpan(0, scores.Length);
    }

    public ReadOnlySpan<uint> Keys(ReadOnlySpan<double> scores)
    {
        var i = 0;
        for (; i <= scores.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            NthLargest.Key(Vector512.Narrow(Vector512.Create(scores[i..]), Vector512.Create(scores[(i + Vector512<double>.Count)..]))).CopyTo(_keys.AsSpan(i));
        for (; i < scores.Length; i++) _keys[i] = NthLargest.Key((float)scores[i]);
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
        var best = Sort(count);
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

    /// <summary>
    /// The first keys in ascending order: where there are few, each is put where as many stand before it as are smaller, which are counted eight at a time without
    /// a branch; no two keys are the same.
    /// </summary>
    private Span<ulong> Sort(int count)
    {
        if (count > MostCounted)
        {
            _best.AsSpan(0, count).Sort();
            return _best.AsSpan(0, count);
        }
        var lanes = Vector512<ulong>.Count;
        var padded = (count + lanes - 1) / lanes * lanes;
        _best.AsSpan(count, padded - count).Fill(ulong.MaxValue);
        ref var first = ref _best[0];
        for (var i = 0; i < count; i++)
        {
            var (key, smaller) = (Vector512.Create(_best[i]), Vector512<ulong>.Zero);
            for (var j = 0; j < padded; j += lanes) smaller -= Vector512.LessThan(Vector512.LoadUnsafe(ref first, (nuint)j), key);
            _sorted[Vector512.Sum(smaller)] = _best[i];
        }
        return _sorted.AsSpan(0, count);
    }

    private static void SortTies(Span<ulong> ties, ReadOnlySpan<double> scores, ReadOnlySpan<int> items)
    {
        var order = new (double, int)[ties.Length];
        for (var i = 0; i < ties.Length; i++) order[i] = (-scores[(int)(uint)ties[i]], items[(int)(uint)ties[i]]);
        order.AsSpan().Sort(ties);
    }
}
