using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Train.Encoders;

/// <summary>The factors of one dropout mask, 0 or 1 / (1 - share): element i is kept or not by a hash of (seed, i).</summary>
internal readonly struct DropoutBits
{
    private readonly uint _low, _high, _threshold;
    private readonly float _kept;

    /// <param name="share">0 to below 1</param>
    public DropoutBits(double share, ulong seed)
    {
        seed = Mixed(seed);
        (_low, _high, _threshold, _kept) = ((uint)seed, (uint)(seed >> 32), (uint)Math.Round(share * uint.MaxValue), (float)(1 / (1 - share)));
    }

    /// <summary>Whether anything is dropped.</summary>
    public bool Any => _threshold > 0;

    /// <summary>The factors of elements i to i + 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> At(long i) =>
        Vector512.AndNot(Vector512.Create(_kept).AsUInt32(), Vector512.LessThan(Hash(Vector512.Create((uint)i) + Vector512<uint>.Indices), Vector512.Create(_threshold))).AsSingle();

    /// <summary>
    /// Wellons' lowbias32 (Prospecting for Hash Functions, 2018) of the element's index, with one half of the seed before it and one in its middle: two
    /// seeds never give shifted copies of the same mask.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Hash(Vector512<uint> x)
    {
        x ^= Vector512.Create(_low);
        x ^= x >>> 16;
        x *= 0x7feb352d;
        x ^= x >>> 15;
        x += Vector512.Create(_high);
        x *= 0x846ca68b;
        x ^= x >>> 16;
        return x;
    }

    /// <summary>SplitMix64's finalizer: neighbouring seeds must not give masks that differ only in the order of neighbouring elements.</summary>
    private static ulong Mixed(ulong seed)
    {
        seed += 0x9E3779B97F4A7C15;
        seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
        return seed ^ (seed >> 31);
    }
}
