using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>The n-th largest of some hundred numbers without a branch on any of them: its bits are found one by one, each by counting.</summary>
internal static class NthLargest
{
    /// <summary>A key that is ordered as the scores are; scores that are one as floats have one key.</summary>
    public static uint Key(double score)
    {
        var bits = BitConverter.SingleToUInt32Bits((float)score + 0f);
        return bits ^ (uint)((int)bits >> 31 | int.MinValue);
    }

    /// <summary>A score not above any that has this key.</summary>
    public static double Below(uint key)
    {
        var score = BitConverter.UInt32BitsToSingle(key >> 31 == 0 ? ~key : key & int.MaxValue);
        return float.IsPositiveInfinity(score) ? float.MaxValue : MathF.BitDecrement(score);
    }

    /// <param name="keys">at least n</param>
    public static uint Of(ReadOnlySpan<uint> keys, int n)
    {
        var found = 0u;
        for (var bit = 1u << 31; bit != 0; bit >>= 1)
            if (CountAtLeast(keys, found | bit) >= n) found |= bit;
        return found;
    }

    private static int CountAtLeast(ReadOnlySpan<uint> keys, uint least)
    {
        var (count, i) = (0, 0);
        ref var first = ref MemoryMarshal.GetReference(keys);
        var wanted = Vector512.Create(least);
        for (; i <= keys.Length - Vector512<uint>.Count; i += Vector512<uint>.Count)
            count += BitOperations.PopCount(Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref first, (nuint)i), wanted).ExtractMostSignificantBits());
        for (; i < keys.Length; i++) count += keys[i] >= least ? 1 : 0;
        return count;
    }
}
