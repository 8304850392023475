namespace BatchRec.Evaluate.Splits;

/// <summary>Samples by hash: the same users whatever the order, the thread count or who else is there.</summary>
public static class Sample
{
    /// <summary>
    /// The positions 0 .. count − 1 with the <paramref name="most"/> smallest hashes of (seed, key), ascending. Cases of one key have
    /// one hash: they stay together, except where the limit cuts.
    /// </summary>
    public static int[] Positions(int count, int most, Func<int, int> key, ulong seed)
    {
        if (count <= most) return [.. Enumerable.Range(0, count)];
        var positions = Enumerable.Range(0, count).ToArray();
        Array.Sort(Array.ConvertAll(positions, i => (Hash(seed, (ulong)key(i)), i)), positions);
        var picked = positions[..most];
        Array.Sort(picked);
        return picked;
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014) of the two.</summary>
    public static ulong Hash(ulong seed, ulong key)
    {
        var z = seed * 0x9E3779B97F4A7C15 + (key + 1) * 0xD1B54A32D192ED03;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
