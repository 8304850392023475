namespace BatchRec.Train;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014), started from a seed and a place such as (epoch, batch): whoever stands at the same place
/// draws the same numbers, so that a resumed training needs no generator's state.
/// </summary>
internal struct Randomness(ulong state)
{
    private ulong _state = state;

    public static Randomness At(ulong seed, params ReadOnlySpan<ulong> place) => new(Seed(seed, place));

    /// <summary>A seed for another generator, from a seed and a place.</summary>
    public static ulong Seed(ulong seed, params ReadOnlySpan<ulong> place)
    {
        var mixed = Mix(seed + Gamma);
        foreach (var part in place) mixed = Mix((mixed ^ part) + Gamma);
        return mixed;
    }

    public ulong Next() => Mix(_state += Gamma);

    /// <summary>Uniform in 0 .. bound - 1 (Lemire's multiplication; its bias is below bound / 2^64).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal (Box-Muller).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    public void Shuffle<T>(Span<T> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
